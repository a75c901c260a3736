import type { Sample } from '../connector.ts';
import { SegmentReader } from './segment-reader.ts';

/** Times of a signal in one epoch that were in their order, one after the other. */
export interface Interval {
  readonly signal: string;
  readonly epoch: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Backfilled pieces of one signal in one segment that are told apart; of more the last becomes longer. */
const PIECES = 64;

/**
 * The intervals that the samples of a segment cover from a place on. A piece that was backfilled between newer samples
 * is an interval of its own, so that together they cover little more than the samples.
 */
export async function lostIntervals(path: string, fromOffset: number): Promise<Interval[]> {
  const intervals = new Map<string, { -readonly [Key in keyof Interval]: Interval[Key] }[]>();
  const add = ({ signal, epoch = 0, sourceTimestampMs }: Sample): void => {
    const key = `${epoch} ${signal}`;
    const pieces = intervals.get(key) ?? [];
    if (pieces.length === 0) intervals.set(key, pieces);
    const last = pieces.at(-1);
    if (last !== undefined && (sourceTimestampMs >= last.lastMs || pieces.length === PIECES)) {
      last.firstMs = Math.min(last.firstMs, sourceTimestampMs);
      last.lastMs = Math.max(last.lastMs, sourceTimestampMs);
    } else {
      pieces.push({ signal, epoch, firstMs: sourceTimestampMs, lastMs: sourceTimestampMs });
    }
  };
  const reader = await SegmentReader.open(path);
  if (reader === undefined) return [];
  try {
    for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
      if (frame.end <= fromOffset) continue;
      for (const sample of frame.samples) add(sample);
      // Machines go on delivering meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await reader.close();
  }
  return [...intervals.values()].flat();
}
