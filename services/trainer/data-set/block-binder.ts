import type { GapCause } from '../../../connectors/connector.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import type { BoundBlock } from './bound-block.ts';
import type { ExclusionCause } from './exclusion-cause.ts';
import type { GapInterval } from './gap-index.ts';
import type { Journal } from './journal.ts';
import type { ContextValue } from './journal-tables.ts';
import type { LabelFile } from './label-file.ts';
import { NumberRanges } from './number-ranges.ts';
import { BEFORE_ALL, compareTimes, elapsedMs, type SourceTime } from './source-time.ts';
import type { SourceBlock, WaveformSource } from './waveform-source.ts';

interface BlockBinderOptions {
  readonly journal: Journal;
  readonly source: WaveformSource;
  readonly profile: DataProfile;
  readonly labels: LabelFile | undefined;
  /** How long a value of a signal holds, where it does not hold without end. */
  readonly maximumAgesMs: ReadonlyMap<string, number>;
}

interface Previous extends SourceTime {
  readonly segment: string;
  readonly number: number | undefined;
  readonly length: number;
}

type Missing = Pick<BoundBlock, 'missingBlocks' | 'missingSamples' | 'gapCause'>;

const NOTHING_MISSING: Missing = { missingBlocks: 0 };

/** Causes by which a value may have been dropped for good: what is valid after the row is the value that was dropped. */
const DROPS_VALUES: readonly GapCause[] = ['queue-overflow', 'sampling'];

/**
 * Gives blocks the context that is valid at their sourceTimestamp, never at arrival, and finds what is missing between
 * them (contracts, section 4). Blocks come in the order (sourceTimestamp, position).
 */
export class BlockBinder {
  readonly #options: BlockBinderOptions;
  readonly #journal: Journal;
  readonly #profile: DataProfile;
  readonly #numbers = new NumberRanges();
  #previous: Previous | undefined;
  #unusableBefore = false;
  #lostBlocks = 0;

  constructor(options: BlockBinderOptions) {
    this.#options = options;
    this.#journal = options.journal;
    this.#profile = options.profile;
  }

  /** Numbers that were skipped so far. */
  get lostBlocks(): number {
    return this.#lostBlocks;
  }

  /** The block with its context; undefined if its number has been seen or nothing in it can be used. */
  bind(row: SourceBlock): BoundBlock | undefined {
    const { signals } = this.#profile;
    const number = this.#numberAt(row);
    if (number !== undefined && !this.#numbers.add(number)) return undefined;
    const segment = text(this.#valueAt(signals.segment, row));
    const label = this.#labelAt(row);
    const lot = this.#valueAt(signals.lot, row);
    const product = this.#valueAt(signals.product, row);
    const missing = this.#missingBefore(row, number);
    const missingAtSegmentStart = this.#missingAtSegmentStart(row, segment, number, missing.missingBlocks);
    if (typeof missing.missingBlocks === 'number') this.#lostBlocks += missing.missingBlocks;
    this.#previous = { ...timeOf(row), segment, number, length: row.length };
    // Without samples and without numbers, that something is missing is all that can be said.
    this.#unusableBefore = row.length === 0 && number === undefined;
    if (row.length === 0) return undefined;
    const excluded = this.#exclusion(row, { label, lot, product });
    return {
      ...timeOf(row),
      offset: row.offset,
      length: row.length,
      ...(number !== undefined && { number }),
      segment,
      label: text(label),
      lot: text(lot),
      product: text(product),
      ...missing,
      missingAtSegmentStart,
      ...(excluded !== undefined && { excluded }),
    };
  }

  #valueAt(signal: string | undefined, row: SourceTime): ContextValue | undefined {
    return signal === undefined ? undefined : this.#journal.contextAt(signal, row);
  }

  /** The site's file comes before the machine's signal. */
  #labelAt(row: SourceTime): ContextValue | undefined {
    const value = this.#options.labels?.labelAt(row.timestampMs);
    if (value !== undefined) return { ...timeOf(row), value, good: true };
    return this.#valueAt(this.#profile.signals.label, row);
  }

  #numberAt(time: SourceTime): number | undefined {
    const { block } = this.#profile.signals;
    if (block === undefined || !this.#options.source.isAsArrived) return undefined;
    const value = this.#journal.contextAt(block, time);
    return value?.good && compareTimes(value, time) === 0 && typeof value.value === 'number'
      ? value.value
      : undefined;
  }

  #missingBefore(row: SourceBlock, number: number | undefined): Missing {
    const previous = this.#previous;
    if (previous === undefined) return NOTHING_MISSING;
    if (previous.epoch !== row.epoch) return { missingBlocks: 'unknown', gapCause: 'clock-step' };
    if (number !== undefined && previous.number !== undefined) {
      const missingBlocks = number > previous.number ? number - previous.number - 1 : 'unknown';
      return missingBlocks === 0 ? NOTHING_MISSING : { missingBlocks, ...this.#gapCause(previous, row) };
    }
    const gap = this.#gapCause(previous, row);
    if (gap.gapCause === undefined && !this.#unusableBefore) return NOTHING_MISSING;
    return { missingBlocks: 'unknown', missingSamples: this.#samplesBetween(previous, row), ...gap };
  }

  /** What the ledger says of the time between two blocks; on a grid each point has its own answer. */
  #gapCause(previous: SourceTime, row: SourceTime): Pick<Missing, 'gapCause'> {
    const { source } = this.#options;
    if (!source.isAsArrived) return {};
    for (const signal of source.signals) {
      const gap = this.#journal.gapsOf(signal).between(previous, row);
      if (gap !== undefined) return { gapCause: gap.cause };
    }
    return {};
  }

  #samplesBetween(previous: Previous, row: SourceTime): number {
    const { sampleRateHz = 0 } = this.#profile;
    const expected = Math.round(((elapsedMs(previous, row) ?? 0) * sampleRateHz) / 1000);
    return Math.max(0, expected - previous.length);
  }

  /** By the number that was valid when the segment signal changed, which a lost block does not take away. */
  #missingAtSegmentStart(
    row: SourceBlock,
    segment: string,
    number: number | undefined,
    missingBlocks: number | 'unknown',
  ): number {
    const previous = this.#previous;
    const signal = this.#profile.signals.segment;
    if (signal === undefined || number === undefined || previous?.segment === segment) return 0;
    if (previous !== undefined && missingBlocks === 0) return 0;
    const value = this.#journal.contextAt(signal, row)?.value;
    const begin = this.#journal.firstWithValue(signal, value, previous ?? BEFORE_ALL, row);
    const first = begin === undefined ? undefined : this.#numberAt(begin);
    return first === undefined || first > number ? 0 : number - first;
  }

  #exclusion(
    row: SourceBlock,
    values: Readonly<Record<'label' | 'lot' | 'product', ContextValue | undefined>>,
  ): ExclusionCause | undefined {
    const { label, lot, product } = values;
    const { signals, classes } = this.#profile;
    if (row.excluded !== undefined) return row.excluded;
    if (!row.good || [label, lot, product].some((value) => value?.good === false)) return 'bad-quality';
    if (label === undefined || text(label) === '') return 'unlabelled';
    return (
      this.#doubt(signals.label, label, row) ??
      this.#doubt(signals.lot, lot, row) ??
      this.#doubt(signals.product, product, row) ??
      (classes.includes(text(label)) ? undefined : 'unknown-class')
    );
  }

  /** Why a value may no longer be valid at a block: it is too old, or another one may have come and been lost. */
  #doubt(
    signal: string | undefined,
    value: ContextValue | undefined,
    row: SourceTime,
  ): ExclusionCause | undefined {
    if (signal === undefined || value === undefined || compareTimes(value, row) === 0) return undefined;
    const maximumAgeMs = this.#options.maximumAgesMs.get(signal) ?? Number.POSITIVE_INFINITY;
    if ((elapsedMs(value, row) ?? 0) > maximumAgeMs) return 'stale';
    // After an outage the machine says again what is valid; in between nobody knows.
    const casts = (gap: GapInterval) => DROPS_VALUES.includes(gap.cause) || isWithin(gap, row);
    return this.#journal.gapsOf(signal).between(value, row, casts)?.cause;
  }
}

function timeOf({ epoch, timestampMs }: SourceTime): SourceTime {
  return { epoch, timestampMs };
}

function isWithin({ epoch, fromMs, toMs }: GapInterval, time: SourceTime): boolean {
  return epoch === time.epoch && fromMs < time.timestampMs && time.timestampMs < toMs;
}

function text(value: ContextValue | undefined): string {
  return value === undefined ? '' : String(value.value);
}
