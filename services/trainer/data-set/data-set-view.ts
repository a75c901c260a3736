import type { DataProfile } from '../../../openapi/schemas.ts';
import { BlockBinder } from './block-binder.ts';
import type { ExclusionCause } from './exclusion-cause.ts';
import type { ArrivalMark, BlockPlace, Journal, WindowKind } from './journal.ts';
import type { LabelFile } from './label-file.ts';
import { profileWaveform } from './profile-waveform.ts';
import { BEFORE_ALL, compareTimes, laterTime, type SourceTime } from './source-time.ts';
import { countTestWindows } from './split.ts';
import { TriggeredCutter } from './triggered-cutter.ts';
import type { SourceBlock, WaveformSource } from './waveform-source.ts';
import type { Window } from './window.ts';
import { WindowCutter } from './window-cutter.ts';
import { isWindowId, placeOf, windowId } from './window-id.ts';
import type { Cutter, WindowSink } from './window-sink.ts';
import { backSamples, windowStarts } from './window-starts.ts';

/** What a data set holds for a profile; counts, never data. */
export interface DataSetCounts {
  readonly windows: number;
  readonly trainExamples: number;
  readonly testExamples: number;
  /** In the order of the profile's classes. */
  readonly examplesPerClass: readonly number[];
  readonly excludedWindows: Readonly<Record<string, number>>;
  readonly lostBlocks: number;
  readonly finished: boolean;
}

interface DataSetViewOptions {
  readonly journal: Journal;
  readonly profile: DataProfile;
  readonly publishingIntervalMs: number;
  /** Labels that the site keeps in a file. */
  readonly labels?: LabelFile | undefined;
  /** How long a value of a signal holds in milliseconds; of signals that are not named it holds without end. */
  readonly maximumAgesMs?: ReadonlyMap<string, number> | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Windows that are no examples and can still be named, at least; of more the oldest are forgotten. */
const NAMED_WINDOWS = 50_000;
const BLOCKS_AT_ONCE = 256;
const FIRST_PLACE: BlockPlace = { ...BEFORE_ALL, position: 0 };
/** Publishing intervals without a value after which none is expected any more. */
const PATIENCE_INTERVALS = 2;
/** How long a finished source is waited for where it announced a block that neither came nor is on the ledger. */
const FINISH_PATIENCE_MS = 5_000;

/**
 * The windows of a journal by one profile. It follows the arrivals at a cost of what is new; only what arrives later
 * than newer blocks makes it begin again, so that the order of arrival never shows in the result.
 */
export class DataSetView {
  readonly #options: DataSetViewOptions;
  readonly #signals: readonly string[];
  readonly #context: readonly string[];
  readonly #source: WaveformSource;
  #mark: ArrivalMark = { block: 0, context: 0, gap: 0, correction: -1 };
  #place = FIRST_PLACE;
  /** What arrives until then changes what was read. */
  #readUntil: SourceTime = BEFORE_ALL;
  #labelRevision = 0;
  #hadFinished = false;
  /** Whether the last segment was ended because the source has finished. */
  #isEnded = false;
  #windows: Window[] = [];
  /** Windows that are no examples, as they have no label or are beyond the maximum; newest last. */
  #others: Window[] = [];
  #latest: Window | undefined;
  /** Labels by window id. */
  #corrections: ReadonlyMap<string, string> = new Map();
  #excluded = new Map<ExclusionCause, number>();
  #classCounts: { windows: number; inTestLots: number }[] = [];
  #binder: BlockBinder;
  #cutter: Cutter;

  constructor(options: DataSetViewOptions) {
    this.#options = options;
    const { journal, profile, labels, clock } = options;
    const { waveform, channels, finished, context = [], ...single } = profile.signals;
    this.#source = profileWaveform({ journal, profile, labels, clock });
    this.#context = [...Object.values(single), ...context];
    const { trigger } = profile;
    const triggers = trigger !== undefined && 'signal' in trigger ? [trigger.signal] : [];
    this.#signals = [this.#source.name, ...this.#source.signals, ...this.#context, ...triggers];
    this.#binder = this.#newBinder();
    this.#cutter = this.#newCutter();
  }

  /** Where the samples of the windows are read. */
  get source(): WaveformSource {
    return this.#source;
  }

  /** The windows so far, in the order (sourceTimestamp, block), at most the profile's maximum. */
  get windows(): readonly Window[] {
    return this.#windows;
  }

  /** Follows all arrivals; gives way to other work in between. */
  async catchUp(): Promise<void> {
    while (this.advance()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Follows some of the arrivals. @returns whether more are waiting. */
  advance(): boolean {
    const { journal } = this.#options;
    if (this.#hasChanged()) this.#beginAgain();
    const mark = journal.mark();
    if (mark.correction !== this.#mark.correction) this.#readCorrections();
    this.#mark = mark;
    const finished = this.#finished();
    const rows = this.#source.blocksAfter(this.#place, BLOCKS_AT_ONCE, finished);
    if (this.#isEnded && rows.length > 0) {
      // What was taken for the last segment's end was none.
      this.#beginAgain();
      return true;
    }
    for (const row of rows) {
      if (!finished && !this.#isBound(row)) return false;
      const bound = this.#binder.bind(row);
      if (bound !== undefined) this.#cutter.push(bound);
      this.#place = row;
      this.#readUntil = laterTime(this.#readUntil, row.dependsUntil ?? row.until ?? row);
    }
    if (finished && rows.length < BLOCKS_AT_ONCE && !this.#isEnded) {
      this.#cutter.finish();
      this.#isEnded = true;
    }
    return rows.length >= BLOCKS_AT_ONCE;
  }

  /**
   * A window by its name: `latest`, its id, or a product id: the value of the lot signal or of a context signal, of
   * several windows the newest. Windows without a label have names too.
   */
  find(name: string): Window | undefined {
    if (name === 'latest') return this.#latest;
    const fits = isWindowId(name)
      ? (each: Window) => windowId(placeOf(each)) === name
      : this.#isOfProduct(name);
    const candidates = [this.#windows.findLast(fits), this.#others.findLast(fits)];
    return candidates
      .filter((window) => window !== undefined)
      .sort((a, b) => compareTimes(timeOf(b), timeOf(a)) || placeOf(b).offset - placeOf(a).offset)[0];
  }

  counts(): DataSetCounts {
    const testExamples = countTestWindows(this.#classCounts);
    const excludedWindows = Object.fromEntries(this.#excluded);
    const finished = this.#finished();
    if (finished && this.#cutter.shortSegments > 0) {
      excludedWindows['short-segment'] = (excludedWindows['short-segment'] ?? 0) + this.#cutter.shortSegments;
    }
    return {
      windows: this.#windows.length,
      trainExamples: this.#windows.length - testExamples,
      testExamples,
      examplesPerClass: this.#classCounts.map(({ windows }) => windows),
      excludedWindows,
      lostBlocks: this.#binder.lostBlocks,
      finished,
    };
  }

  /** Whether something came that changes what was read. */
  #hasChanged(): boolean {
    const { journal, labels } = this.#options;
    const revision = labels?.revision ?? 0;
    const isRelabelled = revision !== this.#labelRevision;
    this.#labelRevision = revision;
    return isRelabelled || journal.changedBefore(this.#mark, this.#signals, this.#readUntil);
  }

  #readCorrections(): void {
    const { journal, profile } = this.#options;
    const rows = journal.corrections(windowKind(this.#source, profile));
    this.#corrections = new Map(rows.map(({ label, ...place }) => [windowId(place), label]));
  }

  #beginAgain(): void {
    this.#place = FIRST_PLACE;
    this.#readUntil = BEFORE_ALL;
    this.#isEnded = false;
    this.#windows = [];
    this.#others = [];
    this.#latest = undefined;
    this.#excluded = new Map();
    this.#binder = this.#newBinder();
    this.#cutter = this.#newCutter();
  }

  #newBinder(): BlockBinder {
    const { journal, profile, labels, maximumAgesMs = new Map() } = this.#options;
    return new BlockBinder({ journal, source: this.#source, profile, labels, maximumAgesMs });
  }

  #newCutter(): Cutter {
    const { window, classes, trigger, sampleRateHz } = this.#options.profile;
    this.#classCounts = classes.map(() => ({ windows: 0, inTestLots: 0 }));
    const sink: WindowSink = {
      emit: (cut) => this.#keep(this.#timed(cut)),
      leaveOut: (cause, cut) => this.#leaveOut(cause, this.#timed(cut)),
      exclude: (cause, count) => this.#exclude(cause, count),
    };
    if (trigger === undefined) return new WindowCutter({ ...window, ...sink });
    return new TriggeredCutter({
      ...window,
      ...sink,
      starts: windowStarts({ journal: this.#options.journal, trigger, sampleRateHz }),
      backSamples: backSamples({ trigger, sampleRateHz }),
    });
  }

  #timed(cut: Window): Window {
    const timestampMs = this.#source.timeMsAt?.(placeOf(cut).offset);
    return timestampMs === undefined ? cut : { ...cut, timestampMs };
  }

  #keep(cut: Window): void {
    const { classes, examples, testLots } = this.#options.profile;
    const label = this.#correctedLabel(cut);
    const window = label === undefined ? cut : { ...cut, label };
    this.#latest = window;
    if (this.#windows.length >= examples.maximum) {
      this.#setAside(window);
      this.#exclude('beyond-maximum', 1);
      return;
    }
    this.#windows.push(window);
    const count = this.#classCounts[classes.indexOf(window.label)];
    if (count === undefined) return;
    count.windows += 1;
    if (testLots.includes(window.lot)) count.inTestLots += 1;
  }

  /** What only lacks a label can be classified, and be given one by a person. */
  #leaveOut(cause: ExclusionCause, cut: Window): void {
    if (cause === 'unlabelled' || cause === 'unknown-class') {
      if (this.#correctedLabel(cut) !== undefined) {
        this.#keep(cut);
        return;
      }
      this.#latest = cut;
      this.#setAside(cut);
    }
    this.#exclude(cause, 1);
  }

  #correctedLabel(window: Window): string | undefined {
    const label = this.#corrections.get(windowId(placeOf(window)));
    return label !== undefined && this.#options.profile.classes.includes(label) ? label : undefined;
  }

  #setAside(window: Window): void {
    this.#others.push(window);
    if (this.#others.length > 2 * NAMED_WINDOWS) this.#others.splice(0, NAMED_WINDOWS);
  }

  #isOfProduct(name: string): (window: Window) => boolean {
    const { journal, profile } = this.#options;
    const values = name.trim() !== '' && Number.isFinite(Number(name)) ? [name, Number(name)] : [name];
    // Most context signals never had the value; looking at each window would be for nothing.
    const signals = (profile.signals.context ?? []).filter((signal) =>
      values.some((value) => journal.everHad(signal, value)),
    );
    return (window) =>
      window.lot === name ||
      window.product === name ||
      signals.some((signal) => String(journal.contextAt(signal, timeOf(window))?.value) === name);
  }

  #exclude(cause: ExclusionCause, count: number): void {
    this.#excluded.set(cause, (this.#excluded.get(cause) ?? 0) + count);
  }

  #isBound(row: SourceBlock): boolean {
    const { journal, clock } = this.#options;
    const until = row.until ?? row;
    const complete = this.#needed().every((signal) => {
      const latest = journal.latestTime(signal);
      return latest !== undefined && compareTimes(latest, until) >= 0;
    });
    return complete || clock() - row.arrivedMs >= this.#patienceMs;
  }

  /** Signals that a block waits for; blocks that arrived as they are bring their samples with them. */
  #needed(): readonly string[] {
    return this.#source.isAsArrived ? this.#context : [...this.#source.signals, ...this.#context];
  }

  get #patienceMs(): number {
    return PATIENCE_INTERVALS * this.#options.publishingIntervalMs;
  }

  /** Whether the source said so and nothing of it is on its way: order between signals is not guaranteed. */
  #finished(): boolean {
    const { journal, profile, clock } = this.#options;
    const { finished, block, waveform } = profile.signals;
    if (finished === undefined) return false;
    this.#hadFinished ||= journal.everHad(finished, true);
    if (!this.#hadFinished) return false;
    const quietMs = clock() - journal.lastArrivalMs;
    if (quietMs < this.#patienceMs) return false;
    if (block === undefined || quietMs >= FINISH_PATIENCE_MS) return true;
    const announced = journal.latestTime(block) ?? BEFORE_ALL;
    const arrived = journal.latestTime(waveform) ?? BEFORE_ALL;
    return compareTimes(arrived, announced) >= 0;
  }
}

/** What label corrections of a profile's windows are filed under. */
export function windowKind({ name }: WaveformSource, { signals, window }: DataProfile): WindowKind {
  return { waveform: name, label: signals.label, length: window.length };
}

function timeOf({ epoch = 0, timestampMs }: Window): SourceTime {
  return { epoch, timestampMs };
}
