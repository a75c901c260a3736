import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gap, ResumePoint, Sample } from '../../../connectors/connector.ts';
import type { Scaler } from '../../../learning/statistics.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import { canonicalJson } from '../../../runtime/canonical-json.ts';
import { type Database, openDatabase } from '../../../runtime/database.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { FileStore } from '../../../runtime/file-store.ts';
import { ParticipantStates } from '../participant-state/participant-states.ts';
import { writeFileDurably } from '../write-file-durably.ts';
import { type DataSetCounts, DataSetView, windowKind } from './data-set-view.ts';
import { freeze } from './freeze.ts';
import { encodeFrozenIndex, type FrozenIndex, readFrozenIndex } from './frozen-index.ts';
import { type Delivery, type GapCount, Journal, type TakenPosition } from './journal.ts';
import type { LabelFile } from './label-file.ts';
import { profileFeatures } from './profile-features.ts';
import { readWindow, windowSamples } from './read-window.ts';
import { readinessOf } from './readiness.ts';
import { scalerFile } from './scaler-file.ts';
import { splitWindows } from './split.ts';
import type { Window } from './window.ts';
import { placeOf, type WindowPlace, windowId } from './window-id.ts';
import { speedsOf } from './window-speeds.ts';

const MIGRATIONS = [
  `CREATE TABLE frozen (
     run TEXT NOT NULL PRIMARY KEY, federation TEXT NOT NULL, windows TEXT NOT NULL, sha256 TEXT NOT NULL);`,
];

/** Time that one call of `counts` may take, so that other work of the process goes on. */
const COUNTING_MS = 50;

interface LocalDataSetOptions {
  readonly participant: string;
  /** Folder of this participant's data. */
  readonly folder: string;
  readonly publishingIntervalMs: number;
  /** Labels that the site keeps in a file; somebody else refreshes it. */
  readonly labels?: LabelFile | undefined;
  /** How long a value of a signal holds in milliseconds, where it does not hold without end. */
  readonly maximumAgesMs?: ReadonlyMap<string, number> | undefined;
  /** Milliseconds since 1970. @defaultValue `Date.now` */
  readonly clock?: () => number;
}

/** Which run a frozen index is for. */
export interface FreezeRequest {
  readonly run: string;
  readonly federation: string;
  readonly profile: DataProfile;
}

/** A window as others may know it. */
export interface NamedWindow {
  readonly window: string;
  /** sourceTimestamp of the block that holds its first sample, ISO 8601. */
  readonly windowAt: string;
}

/** A person's word on a window. */
export interface LabelFeedback {
  /** Id of the command. */
  readonly request: string;
  /** `latest`, an id, or a product id. */
  readonly window: string;
  readonly label: string;
}

/** What a site holds of one participant and never sends: its arrivals, and per run the examples it trains on. */
export class LocalDataSet {
  readonly participant: string;
  /** What the participant keeps of strategies beside its data. */
  readonly states: ParticipantStates;
  readonly #folder: string;
  readonly #journal: Journal;
  readonly #database: Database;
  readonly #statements;
  readonly #frozen: FileStore;
  readonly #views = new Map<string, DataSetView>();
  readonly #freezing = new Map<string, Promise<string>>();
  readonly #newView: (profile: DataProfile) => DataSetView;

  private constructor(options: LocalDataSetOptions, frozen: FileStore) {
    const { clock = Date.now, folder, publishingIntervalMs, labels, maximumAgesMs } = options;
    this.participant = options.participant;
    this.states = new ParticipantStates(join(folder, 'states'));
    this.#folder = folder;
    this.#frozen = frozen;
    this.#journal = new Journal(folder, clock);
    this.#database = openDatabase(join(folder, 'frozen.sqlite'), MIGRATIONS);
    this.#statements = prepareStatements(this.#database);
    const journal = this.#journal;
    this.#newView = (profile) =>
      new DataSetView({ journal, profile, publishingIntervalMs, labels, maximumAgesMs, clock });
  }

  /** Opens or makes the data set of a folder, which must have one owner (runtime/state-lock.ts). */
  static async open(options: LocalDataSetOptions): Promise<LocalDataSet> {
    mkdirSync(options.folder, { recursive: true });
    return new LocalDataSet(options, await FileStore.open(join(options.folder, 'frozen')));
  }

  /** Stores a delivery; when it returns, the samples survive the death of the process. */
  receive(samples: readonly Sample[]): void {
    this.#journal.receive(samples);
  }

  /** Stores what a sample store gave, with its rows of the gap ledger and how far the store was taken, all or nothing. */
  take(delivery: Delivery): void {
    this.#journal.take(delivery);
  }

  /** How far a sample store was taken. */
  get taken(): TakenPosition | undefined {
    return this.#journal.taken;
  }

  /** Makes everything that was stored safe from a power cut. */
  sync(): void {
    this.#journal.sync();
  }

  gap(gap: Gap): void {
    this.#journal.gap(gap);
  }

  /** The gap ledger by cause. */
  gapCounts(): Readonly<Record<string, GapCount>> {
    return this.#journal.gapCounts();
  }

  /** The newest rows of the gap ledger, newest first, at most 100. */
  newestGaps(): readonly Gap[] {
    return this.#journal.newestGaps();
  }

  /** The newest time of each signal that is asked for, so that its source goes on from there. */
  resumePoints(signals: readonly string[]): ReadonlyMap<string, ResumePoint> {
    const points = signals.map((signal) => [signal, this.#journal.latestTime(signal)] as const);
    return new Map(
      points.flatMap(([signal, time]) =>
        time === undefined ? [] : [[signal, { sourceTimestampMs: time.timestampMs, epoch: time.epoch }]],
      ),
    );
  }

  /** What there is for a profile by now, at a cost of what is new; a large backlog is followed over several calls. */
  counts(profile: DataProfile): DataSetCounts {
    const view = this.#view(profile);
    const endMs = performance.now() + COUNTING_MS;
    while (view.advance() && performance.now() < endMs);
    return view.counts();
  }

  /**
   * The file of a run's frozen index; the first call of a run makes it.
   * @throws CodedError `E_NOT_READY` while the profile's conditions are not met; `E_TOO_FEW_EXAMPLES`.
   */
  async frozenIndex(request: FreezeRequest): Promise<string> {
    const known = this.#frozenFile(request.run);
    if (known !== undefined) return known;
    let freezing = this.#freezing.get(request.run);
    if (freezing === undefined) {
      freezing = this.#freeze(request).finally(() => this.#freezing.delete(request.run));
      this.#freezing.set(request.run, freezing);
    }
    return freezing;
  }

  /**
   * Forgets the frozen indices of a federation's other runs and what was kept in them: only one of its runs is unfinished
   * at a time.
   */
  async forgetOtherRuns(federation: string, run: string): Promise<void> {
    await this.states.forgetOtherRuns(federation, run);
    const { forgetOtherRuns, withFile } = this.#statements;
    const rows = forgetOtherRuns.all(federation, run) as { sha256: string }[];
    for (const { sha256 } of rows) {
      if (withFile.get(sha256) === undefined) await this.#frozen.delete(sha256);
    }
  }

  /**
   * A window by its name, with its features, not standardised.
   * @throws CodedError `E_NOT_FOUND` if there is none.
   */
  async windowFeatures(
    profile: DataProfile,
    name: string,
  ): Promise<NamedWindow & { features: Float32Array }> {
    const window = await this.#requireWindow(profile, name);
    const extractor = profileFeatures(profile);
    const samples = windowSamples(profile);
    const { source } = this.#view(profile);
    const features = new Float32Array(extractor.size);
    const speeds = speedsOf(this.#journal, profile, extractor, window);
    extractor.extract(readWindow(source, window, samples), features, speeds);
    return { ...named(placeOf(window), window.timestampMs), features };
  }

  /**
   * The scaler last fitted for a profile; where no run has frozen an index yet, one fitted on the windows of now.
   * @throws CodedError `E_TOO_FEW_EXAMPLES`
   */
  async scaler(profile: DataProfile): Promise<Scaler> {
    const file = scalerFile(this.#folder, profile);
    // Only `#keepScaler` writes the file, whole or not at all.
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Scaler;
    const view = this.#view(profile);
    await view.catchUp();
    const windows = [...view.windows];
    const isTest = splitWindows(windows, profile.testLots);
    const { minimumTrain } = profile.examples;
    if (isTest.filter((held) => !held).length < (minimumTrain ?? 1)) {
      const message = `participant ${this.participant} has too few train windows to fit a scaler on`;
      throw new CodedError('E_TOO_FEW_EXAMPLES', message);
    }
    const { scaler } = await this.#features(profile, windows, isTest);
    await this.#keepScaler(profile, scaler);
    return scaler;
  }

  /**
   * Notes a person's word on the label of a window, effective from the next frozen index on. The same request again
   * answers as the first time.
   * @throws CodedError `E_NOT_FOUND` if there is no such window, `E_INVALID_INPUT` for a label that is no class.
   */
  async correctLabel(
    profile: DataProfile,
    feedback: LabelFeedback,
  ): Promise<NamedWindow & { label: string }> {
    const { request, window: name, label } = feedback;
    if (!profile.classes.includes(label)) {
      throw new CodedError(
        'E_INVALID_INPUT',
        `${label} is none of the classes ${profile.classes.join(', ')}`,
      );
    }
    const kind = windowKind(this.#view(profile).source, profile);
    const before = this.#journal.correctionOf(request);
    const window = before === undefined ? await this.#requireWindow(profile, name) : undefined;
    const stored =
      window === undefined
        ? before
        : this.#journal.correct(kind, {
            request,
            ...placeOf(window),
            timestampMs: window.timestampMs,
            label,
          });
    if (stored === undefined) throw new RangeError('a correction is stored now or was before');
    return { ...named(stored, stored.timestampMs), label: stored.label };
  }

  close(): void {
    this.#journal.close();
    this.#database.close();
    this.states.close();
  }

  async #requireWindow(profile: DataProfile, name: string): Promise<Window> {
    const view = this.#view(profile);
    await view.catchUp();
    const window = view.find(name);
    if (window !== undefined) return window;
    throw new CodedError('E_NOT_FOUND', `participant ${this.participant} has no window "${name}"`);
  }

  #view(profile: DataProfile): DataSetView {
    const key = canonicalJson(profile);
    let view = this.#views.get(key);
    if (view === undefined) {
      view = this.#newView(profile);
      this.#views.set(key, view);
    }
    return view;
  }

  #frozenFile(run: string): string | undefined {
    const row = this.#statements.ofRun.get(run) as { sha256: string } | undefined;
    return row !== undefined && this.#frozen.has(row.sha256) ? this.#frozen.path(row.sha256) : undefined;
  }

  async #freeze({ run, federation, profile }: FreezeRequest): Promise<string> {
    const view = this.#view(profile);
    await view.catchUp();
    const readiness = readinessOf(view.counts(), profile);
    if (!readiness.ready) {
      throw new CodedError(readiness.code, `participant ${this.participant}: ${readiness.reason}`);
    }
    // Arrivals go on while the features are computed; the index is of the windows that are there now.
    const windows = [...view.windows];
    const isTest = splitWindows(windows, profile.testLots);
    const key = createHash('sha256').update(canonicalJson({ profile, windows, isTest })).digest('hex');
    const sha256 = this.#sameExamples(key) ?? (await this.#store(profile, windows, isTest));
    await this.#keepScaler(profile, (await readFrozenIndex(this.#frozen.path(sha256))).scaler);
    this.#database
      .prepare('INSERT OR REPLACE INTO frozen (run, federation, windows, sha256) VALUES (?, ?, ?, ?)')
      .run(run, federation, key, sha256);
    return this.#frozen.path(sha256);
  }

  /** Another run's examples where they are the same: features are computed once. */
  #sameExamples(key: string): string | undefined {
    const row = this.#database.prepare('SELECT sha256 FROM frozen WHERE windows = ?').get(key) as
      | { sha256: string }
      | undefined;
    return row !== undefined && this.#frozen.has(row.sha256) ? row.sha256 : undefined;
  }

  async #store(
    profile: DataProfile,
    windows: DataSetView['windows'],
    isTest: readonly boolean[],
  ): Promise<string> {
    const index = await this.#features(profile, windows, isTest);
    const content = encodeFrozenIndex(index);
    const { sha256 } = await this.#frozen.put(
      (async function* () {
        yield content;
      })(),
    );
    return sha256;
  }

  #features(
    profile: DataProfile,
    windows: DataSetView['windows'],
    isTest: readonly boolean[],
  ): Promise<FrozenIndex> {
    const { source } = this.#view(profile);
    return freeze({ journal: this.#journal, source, profile, windows, isTest });
  }

  async #keepScaler(profile: DataProfile, scaler: Scaler): Promise<void> {
    const file = scalerFile(this.#folder, profile);
    const text = canonicalJson(scaler);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
    await writeFileDurably(file, text);
  }
}

function named(place: WindowPlace, timestampMs: number): NamedWindow {
  return { window: windowId(place), windowAt: new Date(timestampMs).toISOString() };
}

/** Those of every job; each is prepared once. */
function prepareStatements(database: Database) {
  return {
    ofRun: database.prepare('SELECT sha256 FROM frozen WHERE run = ?'),
    withFile: database.prepare('SELECT 1 FROM frozen WHERE sha256 = ?'),
    forgetOtherRuns: database.prepare(
      'DELETE FROM frozen WHERE federation = ? AND run <> ? RETURNING sha256',
    ),
  };
}
