import type { Series } from '../../../learning/features/align.ts';
import type { Journal } from './journal.ts';
import type { ContextValue } from './journal-tables.ts';

/** How a signal is read as a series. */
export interface Channel {
  readonly signal: string;
  /** Sampling rate inside of its blocks; undefined where each value is one number. */
  readonly sourceRateHz: number | undefined;
}

/** An interval of one epoch. */
export interface Interval {
  readonly epoch: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const ROWS_AT_ONCE = 1_000;

/** The values of a signal in an interval with the last one before it and the first one after it. */
export function channelSeries(journal: Journal, channel: Channel, interval: Interval): Series {
  return channel.sourceRateHz === undefined
    ? seriesOfValues(journal, channel.signal, interval)
    : seriesOfBlocks(journal, channel.signal, channel.sourceRateHz, interval);
}

function seriesOfValues(journal: Journal, signal: string, { epoch, fromMs, toMs }: Interval): Series {
  const series = { timesMs: [] as number[], values: [] as number[], good: [] as number[] };
  const add = ({ timestampMs, value, good }: ContextValue) => {
    const number = typeof value === 'string' || value === null ? Number.NaN : Number(value);
    series.timesMs.push(timestampMs);
    series.values.push(number);
    series.good.push(good && Number.isFinite(number) ? 1 : 0);
  };
  const before = journal.contextAt(signal, { epoch, timestampMs: fromMs });
  if (before?.epoch === epoch) add(before);
  let after = { epoch, timestampMs: fromMs };
  for (;;) {
    const rows = journal.contextAfter(signal, after, ROWS_AT_ONCE);
    for (const row of rows) {
      if (row.epoch !== epoch) return series;
      add(row);
      if (row.timestampMs > toMs) return series;
      after = row;
    }
    if (rows.length < ROWS_AT_ONCE) return series;
  }
}

function seriesOfBlocks(
  journal: Journal,
  signal: string,
  rateHz: number,
  { epoch, fromMs, toMs }: Interval,
): Series {
  const first = journal.blockAtOrBefore(signal, { epoch, timestampMs: fromMs });
  const blocks = first === undefined ? [] : [first];
  let place = first ?? { epoch, timestampMs: fromMs, position: -1 };
  for (let last = place; last.timestampMs <= toMs; ) {
    const rows = journal.blocksAfter(signal, place, ROWS_AT_ONCE).filter((row) => row.epoch === epoch);
    for (const row of rows) {
      blocks.push(row);
      last = row;
      if (row.timestampMs > toMs) break;
    }
    place = last;
    if (rows.length < ROWS_AT_ONCE) break;
  }
  const count = blocks.reduce((sum, { length }) => sum + length, 0);
  const series = {
    timesMs: new Float64Array(count),
    values: new Float32Array(count),
    good: new Uint8Array(count),
  };
  let filled = 0;
  for (const block of blocks) {
    journal.readSamples(block.offset, series.values.subarray(filled, filled + block.length));
    for (let index = 0; index < block.length; index += 1) {
      series.timesMs[filled + index] = block.timestampMs + (index * 1000) / rateHz;
    }
    series.good.fill(block.good ? 1 : 0, filled, filled + block.length);
    filled += block.length;
  }
  return series;
}
