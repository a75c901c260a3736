import type { Gap } from '../connector.ts';
import { readGaps } from './ledger.ts';
import { listSegments, segmentPath } from './segment-files.ts';
import { SegmentReader } from './segment-reader.ts';
import type { StoreBatch } from './store-batch.ts';

/** All that a store holds, in the order of arrival, one batch a delivery; it ends at the end and moves no cursor. */
export async function* readStore(folder: string): AsyncGenerator<StoreBatch, void, undefined> {
  for (const segment of await listSegments(folder)) {
    const reader = await SegmentReader.open(segmentPath(folder, segment));
    if (reader === undefined) continue;
    try {
      for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
        const { samples, gaps, writtenMs, end: offset } = frame;
        yield { samples, gaps, writtenMs, end: { segment, offset } };
      }
    } finally {
      await reader.close();
    }
  }
}

/**
 * The gap ledger of a store by the begin of the intervals, a row an id. While the store is open, or after a kill, what
 * was noted within the last second may be missing: `readStore` has it.
 */
export function readLedger(folder: string): readonly Gap[] {
  return readGaps(folder);
}
