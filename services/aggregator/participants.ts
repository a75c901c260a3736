import type { LocalDataSet, Participant, Schemas } from '../../openapi/schemas.ts';
import { timestamp } from './clock.ts';
import type { ParticipantRow } from './store/participant-table.ts';
import { present } from './store/present.ts';
import type { Store } from './store/store.ts';

type Progress = NonNullable<Participant['progress']>;
type Slots = NonNullable<Participant['slots']>;
type Collection = NonNullable<Participant['collection']>;
type GapRow = Schemas['GapRow'];

/** One participant's part of a heartbeat. */
export interface Report {
  readonly id: string;
  readonly state: 'collecting' | 'ready' | 'training';
  readonly reason?: string;
  readonly data: readonly LocalDataSet[];
  readonly progress?: Progress;
  readonly slots?: Slots;
  readonly collection?: Collection;
  readonly newestGaps?: readonly GapRow[];
}

interface Entry extends ParticipantRow {
  federations: readonly string[];
  data: readonly LocalDataSet[] | undefined;
  state: Participant['state'];
  reason: string | undefined;
  progress: Progress | undefined;
  slots: Slots | undefined;
  collection: Collection | undefined;
  newestGaps: readonly GapRow[];
  lastSeenAt: string | undefined;
  lastSeenMs: number;
  /** JSON of the last stored data, so that only changes are written. */
  storedData: string;
}

interface Options {
  readonly store: Store;
  readonly offlineAfterMs: number;
  /** A participant's state, data or progress changed. */
  changed(id: string): void;
  /** Somebody came, went, or became ready: a run that waits may go on. */
  readinessChanged(): void;
  /** What the AAS shows of it is old: its state alone, or what is known of its data too. */
  stale(id: string, what: 'state' | 'data'): void;
}

/** Who is there: the stored participants with their state of the moment, which is offline until a heartbeat comes. */
export class Participants {
  readonly #store: Store;
  readonly #offlineAfterMs: number;
  readonly #changed: (id: string) => void;
  readonly #stale: (id: string, what: 'state' | 'data') => void;
  readonly #readinessChanged: () => void;
  readonly #timer: NodeJS.Timeout;
  #entries = new Map<string, Entry>();

  constructor(options: Options) {
    this.#store = options.store;
    this.#offlineAfterMs = options.offlineAfterMs;
    this.#changed = options.changed;
    this.#stale = options.stale;
    this.#readinessChanged = options.readinessChanged;
    this.reload();
    this.#timer = setInterval(
      () => this.#noticeSilence(),
      Math.min(1000, options.offlineAfterMs / 4),
    ).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Reads the stored participants anew after an admission or removal; states of the moment are kept. */
  reload(): void {
    const federations = new Map<string, string[]>();
    for (const { federation, participant } of this.#store.participants.admissions()) {
      const of = federations.get(participant);
      if (of === undefined) federations.set(participant, [federation]);
      else of.push(federation);
    }
    const entries = new Map<string, Entry>();
    for (const row of this.#store.participants.all()) {
      const known = this.#entries.get(row.id);
      entries.set(row.id, {
        ...row,
        federations: federations.get(row.id) ?? [],
        data: known?.data ?? row.data,
        state: known?.state ?? 'offline',
        reason: known?.reason,
        progress: known?.progress,
        slots: known?.slots,
        collection: known?.collection,
        newestGaps: known?.newestGaps ?? [],
        lastSeenAt: known?.lastSeenAt ?? row.lastSeenAt,
        lastSeenMs: known?.lastSeenMs ?? Number.NEGATIVE_INFINITY,
        storedData: known?.storedData ?? JSON.stringify(row.data),
      });
    }
    this.#entries = entries;
  }

  /** Ids of all that were not taken out, sorted. */
  ids(): string[] {
    return [...this.#entries.values()].filter((entry) => !entry.removed).map((entry) => entry.id);
  }

  /** Whether the id belongs to a participant, even one that was taken out. */
  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Whether it was not taken out. */
  isThere(id: string): boolean {
    return this.#entries.get(id)?.removed === false;
  }

  poolOf(id: string): string | undefined {
    return this.#entries.get(id)?.pool;
  }

  ofPool(pool: string): string[] {
    return [...this.#entries.values()].filter((entry) => entry.pool === pool).map((entry) => entry.id);
  }

  signalsOf(id: string): readonly string[] {
    return this.#entries.get(id)?.signals ?? [];
  }

  /** Ids that are admitted to the federation, sorted. */
  admittedTo(federation: string): string[] {
    return [...this.#entries.values()]
      .filter((entry) => !entry.removed && entry.federations.includes(federation))
      .map((entry) => entry.id);
  }

  /**
   * Whether it can be given a job of the federation: its pool is heard and its data set is ready. `training` is no
   * hindrance, since a heartbeat is older than the round that just ended.
   */
  isReady(id: string, federation: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.removed || entry.state === 'offline') return false;
    return entry.data?.some((data) => data.federation === federation && data.ready) ?? false;
  }

  isOnline(id: string): boolean {
    const state = this.#entries.get(id)?.state;
    return state !== undefined && state !== 'offline';
  }

  /** Why it is not ready, for people. */
  whyNotReady(id: string, federation: string): string {
    const entry = this.#entries.get(id);
    if (entry === undefined) return 'unknown';
    if (entry.state === 'offline') return 'offline';
    const data = entry.data?.find((each) => each.federation === federation);
    return data?.reason ?? entry.reason ?? 'collecting';
  }

  get(id: string): Participant | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.removed) return undefined;
    return present({
      id,
      pool: entry.pool,
      attributes: { ...entry.attributes },
      signals: [...entry.signals],
      federations: [...entry.federations],
      state: entry.state,
      reason: entry.reason,
      data: entry.data === undefined ? undefined : [...entry.data],
      progress: entry.progress,
      slots: entry.slots,
      collection: entry.collection,
      lastSeenAt: entry.lastSeenAt,
    });
  }

  /** The newest rows of its gap ledger, as its trainer last told them; undefined for nobody. */
  gapsOf(id: string): readonly GapRow[] | undefined {
    const entry = this.#entries.get(id);
    return entry === undefined || entry.removed ? undefined : entry.newestGaps;
  }

  /** What its trainer file lets the AAS show of its machine. */
  publishedOf(id: string): ParticipantRow['published'] {
    return this.#entries.get(id)?.published;
  }

  /** Takes the heartbeat of a pool. Reports on participants that are not the pool's are ignored. */
  heartbeat(pool: string, reports: readonly Report[]): void {
    const at = timestamp();
    const stored: Entry[] = [];
    let readinessChanged = false;
    for (const report of reports) {
      const entry = this.#entries.get(report.id);
      if (entry === undefined || entry.pool !== pool || entry.removed) continue;
      const data = JSON.stringify(report.data);
      const before = JSON.stringify([entry.state, entry.reason, entry.progress, entry.collection?.gaps]);
      const gapsChanged = JSON.stringify(entry.collection?.gaps) !== JSON.stringify(report.collection?.gaps);
      if (entry.storedData !== data || gapsChanged) this.#stale(entry.id, 'data');
      else if (entry.state !== report.state) this.#stale(entry.id, 'state');
      readinessChanged ||= entry.state === 'offline' || entry.storedData !== data;
      const dataChanged = data !== JSON.stringify(entry.data);
      entry.state = report.state;
      entry.reason = report.reason;
      entry.data = report.data;
      entry.progress = report.progress;
      entry.slots = report.slots;
      entry.collection = report.collection;
      if (report.newestGaps !== undefined) entry.newestGaps = report.newestGaps;
      entry.lastSeenAt = at;
      entry.lastSeenMs = performance.now();
      if (data !== entry.storedData) {
        entry.storedData = data;
        stored.push(entry);
      }
      if (
        dataChanged ||
        before !== JSON.stringify([entry.state, entry.reason, entry.progress, entry.collection?.gaps])
      ) {
        this.#changed(entry.id);
      }
    }
    if (readinessChanged) this.#readinessChanged();
    if (stored.length === 0) return;
    this.#store.transaction(() => {
      for (const entry of stored) {
        this.#store.participants.noteSeen(entry.id, entry.data, at);
      }
    });
  }

  /** Takes the progress that a training job reports between heartbeats. */
  noteProgress(id: string, progress: Progress): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.removed) return;
    entry.progress = progress;
    if (entry.state !== 'offline' && entry.state !== 'training') {
      entry.state = 'training';
      this.#stale(id, 'state');
    }
    this.#changed(id);
  }

  #noticeSilence(): void {
    const limit = performance.now() - this.#offlineAfterMs;
    for (const entry of this.#entries.values()) {
      if (entry.state === 'offline' || entry.lastSeenMs > limit) continue;
      entry.state = 'offline';
      entry.reason = `its pool ${entry.pool} has been silent for ${this.#offlineAfterMs} ms`;
      this.#stale(entry.id, 'state');
      this.#changed(entry.id);
      this.#readinessChanged();
    }
  }
}
