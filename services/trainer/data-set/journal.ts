import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Gap, Sample } from '../../../connectors/connector.ts';
import { type Database, inTransaction, openDatabase } from '../../../runtime/database.ts';
import { GapIndex, type GapInterval } from './gap-index.ts';
import {
  type BlockRow,
  blockRow,
  type ContextValue,
  contextValue,
  firstValue,
  gapRow,
  JOURNAL_MIGRATIONS,
  prepareStatements,
  sourceTime,
} from './journal-tables.ts';
import { laterTime, type SourceTime } from './source-time.ts';
import { storedValue } from './stored-value.ts';

/** Place of a block in the order (sourceTimestamp, position). */
export interface BlockPlace extends SourceTime {
  readonly position: number;
}

/** How far a reader has followed the arrivals. */
export interface ArrivalMark {
  readonly block: number;
  readonly context: number;
  /** Revision of the gap ledger. */
  readonly gap: number;
  readonly correction: number;
}

/** A delivery out of a sample store. */
export interface Delivery {
  readonly samples: readonly Sample[];
  readonly gaps: readonly Gap[];
  /** Where it ends; kept with its samples, so that each is taken exactly once. */
  readonly end: TakenPosition;
}

/** A place in a sample store. */
export interface TakenPosition {
  readonly segment: number;
  readonly offset: number;
}

const NEWEST_GAPS = 100;

/** What the ledger holds of one cause. */
export interface GapCount {
  readonly rows: number;
  readonly unfilled: number;
  /** Sum of the intervals of unfilled rows. */
  readonly unfilledMs: number;
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
  /** Byte offset of the window's first sample. */
  readonly offset: number;
  /** sourceTimestamp of the window. */
  readonly timestampMs: number;
  readonly epoch: number;
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
  readonly #latest = new Map<string, SourceTime>();
  readonly #gapIndices = new Map<string, GapIndex>();
  #gapCounts: Readonly<Record<string, GapCount>> | undefined;
  #newestGaps: readonly Gap[] | undefined;
  readonly #statements: ReturnType<typeof prepareStatements>;

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
    this.#readLatest();
  }

  /** Stores a delivery in one transaction. */
  receive(samples: readonly Sample[]): void {
    this.#store({ samples, gaps: [] });
  }

  /** Stores what a sample store gave, with how far it was taken, in one transaction. */
  take(delivery: Delivery): void {
    this.#store(delivery);
  }

  /** How far a sample store was taken; undefined where nothing was. */
  get taken(): TakenPosition | undefined {
    // The columns are those of the table.
    const row = this.#statements.taken.get() as TakenPosition | undefined | null;
    return row === undefined || row === null ? undefined : { segment: row.segment, offset: row.offset };
  }

  /** Makes everything that was received safe from a power cut, too. */
  sync(): void {
    fdatasyncSync(this.#file);
    this.#statements.checkpoint.all();
  }

  /** Notes a row of the gap ledger, or what became of it. */
  gap(gap: Gap): void {
    this.#putGap(gap);
  }

  /** When something last arrived in this process's life; 0 for never. */
  get lastArrivalMs(): number {
    return this.#lastArrivalMs;
  }

  /** The newest sourceTimestamp of a signal. */
  latestTime(signal: string): SourceTime | undefined {
    return this.#latest.get(signal);
  }

  /** Blocks of a signal after a place, in the order (sourceTimestamp, position), at most `limit`. */
  blocksAfter(signal: string, place: BlockPlace, limit: number): readonly BlockRow[] {
    const { epoch, timestampMs, position } = place;
    return this.#statements.blocksAfter.all(signal, epoch, timestampMs, position, limit).map(blockRow);
  }

  /** The newest block of a signal that begins at a time or before it, in its epoch. */
  blockAtOrBefore(signal: string, { epoch, timestampMs }: SourceTime): BlockRow | undefined {
    const row = this.#statements.blockAtOrBefore.get(signal, epoch, timestampMs);
    return row === undefined || row === null ? undefined : blockRow(row);
  }

  /** The value of a context signal valid at a time: the newest one not later than it. */
  contextAt(signal: string, { epoch, timestampMs }: SourceTime): ContextValue | undefined {
    return contextValue(this.#statements.contextAt.get(signal, epoch, timestampMs));
  }

  /** The newest value of a context signal before a time. */
  contextBefore(signal: string, { epoch, timestampMs }: SourceTime): ContextValue | undefined {
    return contextValue(this.#statements.contextBefore.get(signal, epoch, timestampMs));
  }

  /** Values of a context signal after a time, oldest first, at most `limit`. */
  contextAfter(signal: string, { epoch, timestampMs }: SourceTime, limit: number): readonly ContextValue[] {
    const rows = this.#statements.contextAfter.all(signal, epoch, timestampMs, limit);
    return rows.map(contextValue).filter((value) => value !== undefined);
  }

  /** The sourceTimestamp at which a signal first had a value after one time and until another. */
  firstWithValue(
    signal: string,
    value: unknown,
    after: SourceTime,
    until: SourceTime,
  ): SourceTime | undefined {
    const text = JSON.stringify(value);
    return sourceTime(
      this.#statements.firstWithValue.get(
        signal,
        text,
        after.epoch,
        after.timestampMs,
        until.epoch,
        until.timestampMs,
      ),
    );
  }

  /** Whether a signal ever had a value that is good. */
  everHad(signal: string, value: unknown): boolean {
    return this.#statements.everHad.get(signal, JSON.stringify(value)) !== undefined;
  }

  /** The unfilled rows of the ledger of a signal. */
  gapsOf(signal: string): GapIndex {
    let index = this.#gapIndices.get(signal);
    if (index === undefined) {
      // The columns are those of `unfilled`.
      const rows = this.#statements.unfilled.all(signal) as {
        epoch: number;
        from_ms: number;
        to_ms: number;
        cause: GapInterval['cause'];
      }[];
      index = new GapIndex(
        rows.map(({ epoch, from_ms, to_ms, cause }) => ({ epoch, fromMs: from_ms, toMs: to_ms, cause })),
      );
      this.#gapIndices.set(signal, index);
    }
    return index;
  }

  /** The ledger by cause. */
  gapCounts(): Readonly<Record<string, GapCount>> {
    this.#gapCounts ??= this.#countGaps();
    return this.#gapCounts;
  }

  /** The newest rows of the ledger, newest first, at most 100. */
  newestGaps(): readonly Gap[] {
    this.#newestGaps ??= this.#statements.newestGaps.all(NEWEST_GAPS).map(gapRow);
    return this.#newestGaps;
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
    const { request, offset, epoch, timestampMs, label } = correction;
    const { waveform, length } = kind;
    // A person's word cannot be collected again, so it must survive a power cut as well.
    this.#database.pragma('synchronous = FULL');
    try {
      this.#statements.insertCorrection.run(
        request,
        waveform,
        kind.label,
        offset,
        epoch,
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
      | { offset: number; epoch: number; timestamp_ms: number; label: string }
      | undefined;
    if (row === undefined || row === null) return undefined;
    const { offset, epoch, timestamp_ms: timestampMs, label } = row;
    return { request, offset, epoch, timestampMs, label };
  }

  /** The labels that people corrected, the last of a window last. */
  corrections({
    waveform,
    label,
    length,
  }: WindowKind): readonly Pick<LabelCorrection, 'offset' | 'epoch' | 'label'>[] {
    // The columns are those of `corrections`.
    return this.#statements.corrections.all(waveform, label, length) as {
      offset: number;
      epoch: number;
      label: string;
    }[];
  }

  /** Whether something of the signals that arrived after a mark is not later than `time`: it changes what was read before. */
  changedBefore(mark: ArrivalMark, signals: readonly string[], { epoch, timestampMs }: SourceTime): boolean {
    const { lateBlock, lateContext, lateGap, lateCorrection } = this.#statements;
    const names = JSON.stringify(signals);
    return (
      lateBlock.get(mark.block, epoch, timestampMs, names) !== undefined ||
      lateContext.get(mark.context, epoch, timestampMs, names) !== undefined ||
      lateGap.get(mark.gap, epoch, timestampMs, names) !== undefined ||
      lateCorrection.get(mark.correction, epoch, timestampMs, names) !== undefined
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

  #countGaps(): Readonly<Record<string, GapCount>> {
    // The columns are those of `gapSummary`.
    const rows = this.#statements.gapSummary.all() as {
      cause: string;
      rows: number;
      unfilled: number;
      unfilled_ms: number;
    }[];
    return Object.fromEntries(
      rows.map(({ cause, rows: count, unfilled, unfilled_ms }) => [
        cause,
        { rows: count, unfilled, unfilledMs: unfilled_ms },
      ]),
    );
  }

  #readLatest(): void {
    for (const { nextSignal, newestOf } of this.#statements.latest) {
      let signal = firstValue(nextSignal.get(''));
      while (typeof signal === 'string') {
        const newest = sourceTime(newestOf.get(signal));
        if (newest !== undefined) this.#noteLatest(signal, newest);
        signal = firstValue(nextSignal.get(signal));
      }
    }
  }

  #noteLatest(signal: string, time: SourceTime): void {
    const latest = this.#latest.get(signal);
    this.#latest.set(signal, latest === undefined ? time : laterTime(latest, time));
  }

  #store({ samples, gaps, end: taken }: Omit<Delivery, 'end'> & Partial<Pick<Delivery, 'end'>>): void {
    const end = this.#end;
    try {
      inTransaction(this.#database, () => {
        for (const gap of gaps) this.#putGap(gap);
        for (const sample of samples) this.#storeOne(sample);
        if (taken !== undefined) this.#statements.take.run(taken.segment, taken.offset);
      });
    } catch (thrown) {
      ftruncateSync(this.#file, end);
      this.#end = end;
      this.#forgetGaps();
      throw thrown;
    }
    if (samples.length === 0) return;
    for (const { signal, sourceTimestampMs, epoch = 0 } of samples) {
      const latest = this.#latest.get(signal);
      if (latest?.epoch === epoch && latest.timestampMs >= sourceTimestampMs) continue;
      this.#noteLatest(signal, { epoch, timestampMs: sourceTimestampMs });
    }
    this.#lastArrivalMs = this.#clock();
  }

  #putGap({ id, signal, epoch = 0, fromMs, toMs, cause, filled }: Gap): void {
    this.#statements.putGap.run(id, signal, epoch, fromMs, toMs, cause, filled ? 1 : 0, fromMs);
    this.#gapIndices.delete(signal);
    this.#gapCounts = undefined;
    this.#newestGaps = undefined;
  }

  #forgetGaps(): void {
    this.#gapIndices.clear();
    this.#gapCounts = undefined;
    this.#newestGaps = undefined;
  }

  #storeOne(sample: Sample): void {
    const { signal, sourceTimestampMs: timestampMs, epoch = 0 } = sample;
    const stored = storedValue(sample);
    const good = stored.good ? 1 : 0;
    if (stored.kind === 'context') {
      const value = JSON.stringify(stored.value);
      this.#statements.insertContext.run(signal, epoch, timestampMs, value, good);
      return;
    }
    const { samples } = stored;
    const position = this.#positionOf(signal, { epoch, timestampMs }, samples);
    if (position === undefined) return;
    this.#append(samples);
    this.#statements.insertBlock.run(
      signal,
      epoch,
      timestampMs,
      position,
      this.#end - samples.byteLength,
      samples.length,
      good,
      this.#clock(),
    );
  }

  /** Position of a block among those of its sourceTimestamp; undefined if the same block is there already. */
  #positionOf(signal: string, { epoch, timestampMs }: SourceTime, value: Float32Array): number | undefined {
    const rows = this.#statements.blocksAt.all(signal, epoch, timestampMs).map(blockRow);
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
