import { truncate } from 'node:fs/promises';
import { syncFile } from '../../runtime/sync-file.ts';
import type { Gap } from '../connector.ts';
import type { Ledger } from './ledger.ts';
import { NewestSamples } from './newest-samples.ts';
import { listSegments, segmentPath } from './segment-files.ts';
import { SegmentReader } from './segment-reader.ts';

/**
 * Cuts off the torn tail that a kill or a power cut left, and completes the index of segments whose writer did not come
 * to it: a minute's worth, or 64 MiB, at most.
 * @returns the newest of each signal, and the numbers of all segments.
 */
export async function repairSegments(
  folder: string,
  ledger: Ledger,
): Promise<{ newest: NewestSamples; numbers: readonly number[] }> {
  const newest = new NewestSamples(ledger.newest());
  const numbers = await listSegments(folder);
  for (const number of numbers) {
    if (number <= ledger.indexedSegment) continue;
    const path = segmentPath(folder, number);
    const gaps = await repair(path, newest);
    await syncFile(path);
    ledger.putGaps([...gaps.values()]);
    ledger.setIndexed(number, newest.points());
  }
  return { newest, numbers };
}

async function repair(path: string, newest: NewestSamples): Promise<ReadonlyMap<string, Gap>> {
  const gaps = new Map<string, Gap>();
  const reader = await SegmentReader.open(path);
  if (reader === undefined) return gaps;
  try {
    for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
      newest.add(frame.samples);
      for (const gap of frame.gaps) gaps.set(gap.id, gap);
    }
    if ((await reader.size()) > reader.offset) await truncate(path, reader.offset);
  } finally {
    await reader.close();
  }
  return gaps;
}
