import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Gap, Sample } from '../../../connectors/connector.ts';
import { type Database, openDatabase } from '../../../runtime/database.ts';
import {
  type BlockRow,
  blockRow,
  type ContextValue,
  contextValue,
  firstValue,
  JOURNAL_MIGRATIONS,
  prepareStatements,
} from './journal-tables.ts';

/** Place of a block in the order (sourceTimestamp, position). */
export interface BlockPlace {
  readonly timestampMs: number;
  readonly position: number;
}

/** How far a reader has followed the arrivals. */
export interface ArrivalMark {
  readonly block: number;
  readonly context: number;
  readonly gap: number;
  readonly correction: number;
}

/** Windows by what they are cut from and labelled by. */
export interface WindowKind {
  readonly waveform: string;
  /** The signal whose value is the label. */
  readonly label: string;
  /** Samples of a window. */
  readonly length: number;
}

/** A person's word on the label of one window. */
export interface LabelCorrection {
  /** Id of the command that brought it: the same one is stored once. */
  readonly request: string;
  /** Byte offset of the window's first sample in the samples file. */
  readonly offset: number;
  /** sourceTimestamp of the window. */
  readonly timestampMs: number;
  readonly label: string;
}

/**
 * Everything that arrived of one participant: raw samples in an append-only file, their index in SQLite. What `receive`
 * returned from survives kill -9 of the process; repeated blocks and values are stored once.
 */
export class Journal {
  readonly #database: Database;
  readonly #file: number;
  readonly #clock: () => number;
  #end: number;
  #lastArrivalMs = 0;
  readonly #latest = new Map<string, number>();
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #store: (samples: readonly Sample[]) => void;

  /**
   * Opens or makes the journal of a folder, which must have one owner (runtime/state-lock.ts).
   * @param clock milliseconds since 1970.
   */
  constructor(folder: string, clock: () => number = Date.now) {
    mkdirSync(folder, { recursive: true });
    this.#clock = clock;
    this.#database = openDatabase(join(folder, 'index.sqlite'), JOURNAL_MIGRATIONS);
    // Against the death of the process WAL alone is enough; a sync at each delivery would slow a fast machine down.
    this.#database.pragma('synchronous = NORMAL');
    this.#statements = prepareStatements(this.#database);
    this.#file = openSync(join(folder, 'samples.f32'), 'a+');
    // A power cut may take samples whose row was synced before them: without samples a block has not arrived.
    this.#statements.deleteBeyond.run(fstatSync(this.#file).size);
    this.#end = Number(firstValue(this.#statements.end.get()) ?? 0);
    // Behind the last row stands at most what a kill left between the append and the commit.
    if (fstatSync(this.#file).size > this.#end) ftruncateSync(this.#file, this.#end);
    for (const row of this.#statements.latest.all()) {
      const { signal, timestamp_ms } = row as { signal: string; timestamp_ms: number };
      this.#latest.set(signal, timestamp_ms);
    }
    this.#store = this.#database.transaction((samples: readonly Sample[]) => {
      for (const sample of samples) this.#storeOne(sample);
    });
  }

  /** Stores a delivery in one transaction. */
  receive(samples: readonly Sample[]): void {
    const end = this.#end;
    try {
      this.#store(samples);
    } catch (thrown) {
      ftruncateSync(this.#file, end);
      this.#end = end;
      throw thrown;
    }
    for (const { signal, sourceTimestampMs } of samples) {
      const latest = this.#latest.get(signal);
      if (latest === undefined || sourceTimestampMs > latest) this.#latest.set(signal, sourceTimestampMs);
    }
    this.#lastArrivalMs = this.#clock();
  }

  /** Notes a row of the gap ledger. */
  gap(gap: Gap): void {
    this.#statements.insertGap.run(gap.signal, gap.fromMs, gap.toMs, gap.cause);
  }

  /** When something last arrived in this process's life; 0 for never. */
  get lastArrivalMs(): number {
    return this.#lastArrivalMs;
  }

  /** The newest sourceTimestamp of a signal. */
  latestTimestampMs(signal: string): number | undefined {
    return this.#latest.get(signal);
  }

  /** Blocks of a signal after a place, in the order (sourceTimestamp, position), at most `limit`. */
  blocksAfter(signal: string, place: BlockPlace, limit: number): readonly BlockRow[] {
    const rows = this.#statements.blocksAfter.all(signal, place.timestampMs, place.position, limit);
    return rows.map(blockRow);
  }

  /** The value of a context signal valid at a time: the newest one not later than it. */
  contextAt(signal: string, timestampMs: number): ContextValue | undefined {
    return contextValue(this.#statements.contextAt.get(signal, timestampMs));
  }

  /** The sourceTimestamp at which a signal first had a value after one time and until another. */
  firstWithValue(signal: string, value: unknown, afterMs: number, untilMs: number): number | undefined {
    const row = this.#statements.firstWithValue.get(signal, JSON.stringify(value), afterMs, untilMs);
    return (firstValue(row) as number | null | undefined) ?? undefined;
  }

  /** Whether a signal ever had a value that is good. */
  everHad(signal: string, value: unknown): boolean {
    return this.#statements.everHad.get(signal, JSON.stringify(value)) !== undefined;
  }

  /** Whether the ledger has a gap of a signal between two times, of one cause or of any. */
  hasGap(signal: string, fromMs: number, toMs: number, cause?: Gap['cause']): boolean {
    return this.#statements.hasGap.get(signal, toMs, fromMs, cause ?? '%') !== undefined;
  }

  /** The newest rows. */
  mark(): ArrivalMark {
    const row = this.#statements.mark.get() as Record<keyof ArrivalMark, number | null>;
    const { block, context, gap, correction } = row;
    return { block: block ?? 0, context: context ?? 0, gap: gap ?? 0, correction: correction ?? 0 };
  }

  /**
   * Stores a label correction, for good: earlier ones of the same window stay on record, the last one counts.
   * @returns what is stored for the request, which may be an earlier delivery's.
   */
  correct(kind: WindowKind, correction: LabelCorrection): LabelCorrection {
    const { request, offset, timestampMs, label } = correction;
    const { waveform, length } = kind;
    // A person's word cannot be collected again, so it must survive a power cut as well.
    this.#database.pragma('synchronous = FULL');
    try {
      this.#statements.insertCorrection.run(
        request,
        waveform,
        kind.label,
        offset,
        length,
        timestampMs,
        label,
        this.#clock(),
      );
    } finally {
      this.#database.pragma('synchronous = NORMAL');
    }
    return this.correctionOf(request) ?? correction;
  }

  /** The correction that a request brought. */
  correctionOf(request: string): LabelCorrection | undefined {
    const row = this.#statements.correction.get(request) as
      | { offset: number; timestamp_ms: number; label: string }
      | undefined;
    if (row === undefined || row === null) return undefined;
    return { request, offset: row.offset, timestampMs: row.timestamp_ms, label: row.label };
  }

  /** The labels that people corrected, by the byte offset of the window. */
  corrections({ waveform, label, length }: WindowKind): ReadonlyMap<number, string> {
    const rows = this.#statements.corrections.all(waveform, label, length) as readonly {
      offset: number;
      label: string;
    }[];
    return new Map(rows.map((row) => [row.offset, row.label]));
  }

  /** Whether something of the signals that arrived after a mark is not later than `timestampMs`: it changes what was read before. */
  changedBefore(mark: ArrivalMark, signals: readonly string[], timestampMs: number): boolean {
    const { lateBlock, lateContext, lateGap, lateCorrection } = this.#statements;
    const names = JSON.stringify(signals);
    return (
      lateBlock.get(mark.block, timestampMs, names) !== undefined ||
      lateContext.get(mark.context, timestampMs, names) !== undefined ||
      lateGap.get(mark.gap, timestampMs, names) !== undefined ||
      lateCorrection.get(mark.correction, timestampMs, names) !== undefined
    );
  }

  /** Reads samples at a byte offset into an array. */
  readSamples(offset: number, into: Float32Array): void {
    const bytes = Buffer.from(into.buffer, into.byteOffset, into.byteLength);
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(this.#file, bytes, done, bytes.length - done, offset + done);
      if (count === 0) throw new RangeError('the samples file is shorter than its index says');
      done += count;
    }
  }

  close(): void {
    closeSync(this.#file);
    this.#database.close();
  }

  #storeOne(sample: Sample): void {
    const { signal, sourceTimestampMs, value } = sample;
    let good = sample.quality === 'good' ? 1 : 0;
    if (!(value instanceof Float32Array)) {
      this.#statements.insertContext.run(signal, sourceTimestampMs, JSON.stringify(value), good);
      return;
    }
    const position = this.#positionOf(signal, sourceTimestampMs, value);
    if (position === undefined) return;
    // One sample that is no number would make a whole window's features none.
    if (!value.every(Number.isFinite)) good = 0;
    this.#append(value);
    const offset = this.#end - value.byteLength;
    this.#statements.insertBlock.run(
      signal,
      sourceTimestampMs,
      position,
      offset,
      value.length,
      good,
      this.#clock(),
    );
  }

  /** Position of a block among those of its sourceTimestamp; undefined if the same block is there already. */
  #positionOf(signal: string, timestampMs: number, value: Float32Array): number | undefined {
    const rows = this.#statements.blocksAt.all(signal, timestampMs).map(blockRow);
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    for (const row of rows) {
      if (row.length !== value.length) continue;
      const stored = new Float32Array(row.length);
      this.readSamples(row.offset, stored);
      if (bytes.equals(Buffer.from(stored.buffer))) return undefined;
    }
    return rows.length;
  }

  #append(value: Float32Array): void {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    let done = 0;
    while (done < bytes.length) done += writeSync(this.#file, bytes, done, bytes.length - done);
    this.#end += bytes.length;
  }
}
