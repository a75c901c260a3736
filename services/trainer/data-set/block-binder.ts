import type { DataProfile } from '../../../openapi/schemas.ts';
import type { Journal } from './journal.ts';
import type { BlockRow, ContextValue } from './journal-tables.ts';
import { NumberRanges } from './number-ranges.ts';
import type { BoundBlock, ExclusionCause } from './window-cutter.ts';

interface Previous {
  readonly timestampMs: number;
  readonly segment: string;
  readonly number: number | undefined;
}

/**
 * Gives blocks the context that is valid at their sourceTimestamp, never at arrival, and finds what is missing between
 * them (contracts, section 4). Blocks come in the order (sourceTimestamp, position).
 */
export class BlockBinder {
  readonly #journal: Journal;
  readonly #profile: DataProfile;
  readonly #numbers = new NumberRanges();
  #previous: Previous | undefined;
  #unusableBefore = false;
  #lostBlocks = 0;

  constructor(journal: Journal, profile: DataProfile) {
    this.#journal = journal;
    this.#profile = profile;
  }

  /** Numbers that were skipped so far. */
  get lostBlocks(): number {
    return this.#lostBlocks;
  }

  /** The block with its context; undefined if its number has been seen or nothing in it can be used. */
  bind(row: BlockRow): BoundBlock | undefined {
    const { signals } = this.#profile;
    const number = this.#numberAt(row.timestampMs);
    if (number !== undefined && !this.#numbers.add(number)) return undefined;
    const segment = text(this.#valueAt(signals.segment, row));
    const label = this.#valueAt(signals.label, row);
    const lot = this.#valueAt(signals.lot, row);
    const missingBlocks = this.#missingBefore(row, number);
    const missingAtSegmentStart = this.#missingAtSegmentStart(row, segment, number, missingBlocks);
    if (typeof missingBlocks === 'number') this.#lostBlocks += missingBlocks;
    this.#previous = { timestampMs: row.timestampMs, segment, number };
    // Without samples and without numbers, that something is missing is all that can be said.
    this.#unusableBefore = row.length === 0 && number === undefined;
    if (row.length === 0) return undefined;
    const excluded = this.#exclusion(row, [label, lot]);
    return {
      timestampMs: row.timestampMs,
      offset: row.offset,
      length: row.length,
      segment,
      label: text(label),
      lot: text(lot),
      missingBlocks,
      missingAtSegmentStart,
      ...(excluded !== undefined && { excluded }),
    };
  }

  #valueAt(signal: string | undefined, row: BlockRow): ContextValue | undefined {
    return signal === undefined ? undefined : this.#journal.contextAt(signal, row.timestampMs);
  }

  #numberAt(timestampMs: number): number | undefined {
    const { block } = this.#profile.signals;
    const value = block === undefined ? undefined : this.#journal.contextAt(block, timestampMs);
    return value?.good && value.timestampMs === timestampMs && typeof value.value === 'number'
      ? value.value
      : undefined;
  }

  #missingBefore(row: BlockRow, number: number | undefined): number | 'unknown' {
    const previous = this.#previous;
    if (previous === undefined) return 0;
    if (number !== undefined && previous.number !== undefined) {
      return number > previous.number ? number - previous.number - 1 : 'unknown';
    }
    const { waveform } = this.#profile.signals;
    const gap = this.#journal.hasGap(waveform, previous.timestampMs, row.timestampMs);
    return gap || this.#unusableBefore ? 'unknown' : 0;
  }

  /** By the number that was valid when the segment signal changed, which a lost block does not take away. */
  #missingAtSegmentStart(
    row: BlockRow,
    segment: string,
    number: number | undefined,
    missingBlocks: number | 'unknown',
  ): number {
    const previous = this.#previous;
    const signal = this.#profile.signals.segment;
    if (signal === undefined || number === undefined || previous?.segment === segment) return 0;
    if (previous !== undefined && missingBlocks === 0) return 0;
    const value = this.#journal.contextAt(signal, row.timestampMs)?.value;
    const after = previous?.timestampMs ?? Number.NEGATIVE_INFINITY;
    const begin = this.#journal.firstWithValue(signal, value, after, row.timestampMs);
    const first = begin === undefined ? undefined : this.#numberAt(begin);
    return first === undefined || first > number ? 0 : number - first;
  }

  #exclusion(
    row: BlockRow,
    [label, lot]: readonly [ContextValue | undefined, ContextValue | undefined],
  ): ExclusionCause | undefined {
    if (!row.good || label?.good === false || lot?.good === false) return 'bad-quality';
    if (label === undefined || text(label) === '') return 'unlabelled';
    const { signals, classes } = this.#profile;
    if (this.#mayBeStale(signals.label, label, row) || this.#mayBeStale(signals.lot, lot, row)) return 'gap';
    return classes.includes(text(label)) ? undefined : 'unknown-class';
  }

  /** A value that the machine's queue dropped may have changed what is valid; a connection's end may not, as the current value is sent again. */
  #mayBeStale(signal: string | undefined, value: ContextValue | undefined, row: BlockRow): boolean {
    if (signal === undefined || value === undefined) return false;
    return this.#journal.hasGap(signal, value.timestampMs, row.timestampMs, 'queue-overflow');
  }
}

function text(value: ContextValue | undefined): string {
  return value === undefined ? '' : String(value.value);
}
