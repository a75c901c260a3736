import type { Gap } from '../connector.ts';
import { listSegments, segmentPath } from './segment-files.ts';
import { SegmentReader } from './segment-reader.ts';

interface Bound {
  readonly epoch: number;
  readonly timeMs: number;
}

/** What is known of a segment as far as it can be read. */
interface KnownSegment {
  readonly first: ReadonlyMap<string, Bound>;
  readonly last: ReadonlyMap<string, Bound>;
  readonly beginMs: number;
  readonly endMs: number;
}

/**
 * The rows of the ledger for a segment of which the rest cannot be read, as the disk has damaged it: of each signal
 * from the last sample before the damage to the first of the next segment. Where a signal has none, the time by the
 * collector's clock is the bound.
 */
export async function damagedRows(folder: string, segment: number): Promise<readonly Gap[]> {
  const before = await knownOf(folder, segment);
  const next = (await listSegments(folder)).find((number) => number > segment);
  const after = next === undefined ? undefined : await knownOf(folder, next);
  const signals = [...new Set([...(before?.last.keys() ?? []), ...(after?.first.keys() ?? [])])];
  return signals.map((signal, index): Gap => {
    const from = before?.last.get(signal);
    const to = after?.first.get(signal);
    return {
      id: `damaged/${segment}/${index}`,
      signal,
      epoch: from?.epoch ?? to?.epoch ?? 0,
      fromMs: from?.timeMs ?? before?.beginMs ?? 0,
      toMs: to?.timeMs ?? after?.endMs ?? before?.endMs ?? 0,
      cause: 'store-full',
      filled: false,
    };
  });
}

async function knownOf(folder: string, segment: number): Promise<KnownSegment | undefined> {
  const reader = await SegmentReader.open(segmentPath(folder, segment));
  if (reader === undefined) return undefined;
  const first = new Map<string, Bound>();
  const last = new Map<string, Bound>();
  let endMs = 0;
  try {
    for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
      endMs = frame.writtenMs;
      for (const { signal, epoch = 0, sourceTimestampMs: timeMs } of frame.samples) {
        if (!first.has(signal)) first.set(signal, { epoch, timeMs });
        const known = last.get(signal);
        const isNewer =
          known === undefined || epoch > known.epoch || (epoch === known.epoch && timeMs > known.timeMs);
        if (isNewer) last.set(signal, { epoch, timeMs });
      }
    }
    return { first, last, beginMs: reader.createdMs, endMs };
  } finally {
    await reader.close();
  }
}
