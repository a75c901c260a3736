import { toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { makeFolder } from '../../runtime/make-folder.ts';
import { lockState, type StateLock } from '../../runtime/state-lock.ts';
import type { ConnectorState, Gap, Receiver, ResumePoint, Sample } from '../connector.ts';
import { readCursor } from './cursor.ts';
import { Ledger } from './ledger.ts';
import type { NewestSamples } from './newest-samples.ts';
import { repairSegments } from './repair-segments.ts';
import { Retention } from './retention.ts';
import { SegmentLog } from './segment-log.ts';
import type { SegmentWriter } from './segment-writer.ts';
import { StateHeartbeat } from './state-heartbeat.ts';
import { removeStoreState } from './store-state.ts';

/** How much is kept for a reader. */
export interface StoreLimits {
  /** Bytes of segments that nobody has consumed, at most; beyond it the oldest are dropped, on the ledger. @defaultValue 8 GiB */
  readonly limitBytes?: number;
  /** Age of a segment that nobody has consumed, at most, likewise. @defaultValue 30 days */
  readonly maxAgeMs?: number;
}

/** How a store is kept. */
export interface SampleStoreOptions extends StoreLimits {
  /** Bytes after which a segment ends. @defaultValue 64 MiB, or an eighth of the limit */
  readonly segmentBytes?: number;
  /** Milliseconds since 1970. @defaultValue Date.now */
  readonly clock?: () => number;
  readonly log: Log;
}

const DEFAULT_LIMIT_BYTES = 8 * 2 ** 30;
const DEFAULT_MAX_AGE_MS = 30 * 24 * 3_600_000;
const DEFAULT_SEGMENT_BYTES = 64 * 2 ** 20;
/** A small limit needs small segments: what is dropped is whole ones. */
const SEGMENTS_WITHIN_LIMIT = 8;
/** Between syncs; with the time that one takes it stays below a second. */
const TICK_MS = 500;
/** Rows of the ledger that are committed without giving way to what comes in. */
const ROWS_AT_ONCE = 250;
const TICKS_OF_RETENTION = 2;

interface Sealed {
  readonly segment: SegmentWriter;
  /** The newest of each signal when it ended. */
  readonly newest: ReadonlyMap<string, ResumePoint>;
}

/**
 * Stores what a connector delivers in append-only segment files, until a `SampleStoreReader` has consumed it. What
 * `receive` returned from survives kill -9, and a second later a power cut.
 */
export class SampleStoreWriter implements Receiver {
  readonly #folder: string;
  readonly #options: SampleStoreOptions;
  #limits: Required<StoreLimits>;
  readonly #lock: StateLock;
  readonly #ledger: Ledger;
  readonly #newest: NewestSamples;
  readonly #segments: SegmentLog;
  readonly #retention: Retention;
  readonly #heartbeat: StateHeartbeat;
  /** Ended, but not yet synced and in the index. */
  #sealed: Sealed[] = [];
  /** Rows that are in no segment yet. */
  #unlogged: Gap[] = [];
  /** Rows that are in a segment and not yet in the ledger. */
  #unindexed = new Map<string, Gap>();
  /** Rows that are on their way into the ledger. */
  #indexing: ReadonlyMap<string, Gap> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #ticks = 0;
  #isFailing = false;
  #isClosed = false;

  /**
   * Opens or makes the store of a folder, and repairs what a kill or a power cut left.
   * @throws CodedError `E_STATE_IN_USE`, `E_DISK_FULL`, `E_FOLDER_UNUSABLE`
   */
  static async open(folder: string, options: SampleStoreOptions): Promise<SampleStoreWriter> {
    makeFolder(folder);
    const lock = lockState(folder);
    let ledger: Ledger | undefined;
    try {
      ledger = new Ledger(folder);
      const { newest, numbers } = await repairSegments(folder, ledger);
      const committed = (await readCursor(folder))?.committed.segment ?? 0;
      // A number is never used again: a reader may still have the old file open.
      const first = Math.max(ledger.indexedSegment, committed, ...numbers.slice(-1)) + 1;
      const writer = new SampleStoreWriter(folder, options, { lock, ledger, newest, first });
      await writer.#retention.open(numbers);
      writer.#schedule();
      return writer;
    } catch (thrown) {
      ledger?.close();
      lock.release();
      throw toCodedError(thrown);
    }
  }

  private constructor(
    folder: string,
    options: SampleStoreOptions,
    parts: { lock: StateLock; ledger: Ledger; newest: NewestSamples; first: number },
  ) {
    this.#folder = folder;
    this.#options = options;
    this.#limits = limitsOf(options);
    this.#lock = parts.lock;
    this.#ledger = parts.ledger;
    this.#newest = parts.newest;
    this.#heartbeat = new StateHeartbeat(folder);
    const { clock = Date.now } = options;
    this.#segments = new SegmentLog({
      folder,
      first: parts.first,
      segmentBytes: () => options.segmentBytes ?? segmentBytesWithin(this.#limits),
      clock,
      ended: (segment) => this.#seal(segment),
    });
    this.#retention = new Retention({
      folder,
      limits: () => this.#limits,
      clock,
      record: async (rows) => {
        for (const row of rows) this.gap(row);
        this.#logGaps();
        await this.#syncSegments();
      },
      isIndexed: (number) => number <= this.#ledger.indexedSegment,
      syncIndex: () => this.#ledger.sync(),
    });
  }

  /**
   * Stores samples with one write, all of them or none.
   * @throws CodedError `E_DISK_FULL`: nothing of it is held, and the same may be delivered again later.
   */
  receive(samples: readonly Sample[]): void {
    if (samples.length > 0) this.#write(samples);
  }

  /** Notes a row of the ledger: in the order of the calls, before samples that are received afterwards. */
  gap(gap: Gap): void {
    this.#unlogged.push(gap);
    // Many rows of one delivery become one write.
    if (this.#unlogged.length === 1) queueMicrotask(() => this.#tryToLogGaps());
  }

  state(state: ConnectorState): void {
    this.#heartbeat.set(state);
  }

  /** Of each signal the greatest sourceTimestamp of its last epoch that was ever stored, whether it is consumed or not. */
  resumePoints(): ReadonlyMap<string, ResumePoint> {
    return this.#newest.points();
  }

  /** Keeps within other limits from the next second on. */
  setLimits(limits: StoreLimits): void {
    this.#limits = limitsOf(limits);
  }

  /** The rows of the ledger that are not filled, also those of earlier lives. */
  unfilledGaps(): readonly Gap[] {
    const rows = new Map(this.#ledger.unfilledGaps().map((row) => [row.id, row]));
    for (const row of [...this.#indexing.values(), ...this.#unindexed.values(), ...this.#unlogged]) {
      if (row.filled) rows.delete(row.id);
      else rows.set(row.id, row);
    }
    return [...rows.values()];
  }

  /** Bytes of all segments. */
  get storedBytes(): number {
    return this.#retention.bytes + this.#segments.bytes;
  }

  /** Syncs everything and ends. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#ticking;
    try {
      this.#logGaps();
      this.#segments.end();
      await this.#index();
      await removeStoreState(this.#folder);
    } finally {
      this.#ledger.close();
      this.#lock.release();
    }
  }

  #write(samples: readonly Sample[]): void {
    this.#segments.append(this.#unlogged, samples);
    this.#newest.add(samples);
    if (this.#unlogged.length === 0) return;
    for (const gap of this.#unlogged) this.#unindexed.set(gap.id, gap);
    this.#unlogged = [];
  }

  #logGaps(): void {
    if (this.#unlogged.length > 0) this.#write([]);
  }

  /** Rows that cannot be written now are kept for the next write. */
  #tryToLogGaps(): void {
    try {
      this.#logGaps();
    } catch (thrown) {
      this.#note(thrown);
    }
  }

  #seal(segment: SegmentWriter): void {
    this.#sealed.push({ segment, newest: this.#newest.points() });
    this.#retention.add(segment.number, segment.bytes, segment.writtenMs);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#ticking = this.#tick().finally(() => {
        if (!this.#isClosed) this.#schedule();
      });
    }, TICK_MS);
    // The connector is what keeps the process alive.
    this.#timer.unref();
  }

  /** Each task does what it can: on a full disk the deletion of what is consumed is what helps. */
  async #tick(): Promise<void> {
    this.#ticks += 1;
    const tasks = [
      // Each look at the cursor costs a file; a line has many stores.
      this.#ticks % TICKS_OF_RETENTION === 0 && (() => this.#retention.keep(this.#segments.bytes)),
      () => this.#logGaps(),
      () => this.#segments.rollIfOver(),
      () => this.#index(),
      () => this.#heartbeat.write(this.storedBytes),
    ].filter((task) => task !== false);
    let isFailing = false;
    for (const task of tasks) {
      try {
        await task();
      } catch (thrown) {
        isFailing = true;
        this.#note(thrown);
      }
    }
    this.#isFailing = isFailing;
  }

  /** Syncs the segments; then, never before, puts into the ledger what they hold. */
  async #index(): Promise<void> {
    const rows = this.#unindexed;
    const sealed = this.#sealed;
    this.#indexing = rows;
    this.#unindexed = new Map();
    this.#sealed = [];
    try {
      await this.#syncSegments(sealed);
      const gaps = [...rows.values()];
      for (let at = 0; at < gaps.length; at += ROWS_AT_ONCE) {
        if (at > 0) await new Promise((resolve) => setImmediate(resolve));
        this.#ledger.putGaps(gaps.slice(at, at + ROWS_AT_ONCE));
      }
      const last = sealed.at(-1);
      if (last !== undefined) this.#ledger.setIndexed(last.segment.number, last.newest);
    } catch (thrown) {
      // Newer rows of the same id, which came meanwhile, stay what counts.
      this.#unindexed = new Map([...rows, ...this.#unindexed]);
      this.#sealed = [...sealed, ...this.#sealed];
      throw thrown;
    } finally {
      this.#indexing = new Map();
    }
    for (const { segment } of sealed) await segment.close();
  }

  async #syncSegments(sealed: readonly Sealed[] = this.#sealed): Promise<void> {
    for (const { segment } of sealed) if (!segment.isSynced) await segment.sync();
    await this.#segments.sync();
  }

  /** Logs the first of failures in a row: a full disk would otherwise fill the log twice a second. */
  #note(thrown: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { code, message } = toCodedError(thrown);
    this.#options.log.error({ event: 'store.failed', code, folder: this.#folder }, message);
  }
}

function limitsOf({ limitBytes = DEFAULT_LIMIT_BYTES, maxAgeMs = DEFAULT_MAX_AGE_MS }: StoreLimits) {
  return { limitBytes, maxAgeMs };
}

function segmentBytesWithin({ limitBytes }: Required<StoreLimits>): number {
  return Math.min(DEFAULT_SEGMENT_BYTES, limitBytes / SEGMENTS_WITHIN_LIMIT);
}
