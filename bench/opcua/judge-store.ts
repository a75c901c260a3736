import type { Gap, GapCause, Sample } from '../../connectors/connector.ts';
import { readLedger, readStore } from '../../connectors/store/read-store.ts';
import { SignalJudge, sumOf, type Verdict } from './judge.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { readWriteLog } from './write-log.ts';

/** A delivery as it stands in the store. */
export interface StoredDelivery {
  /** When it was in the segment file. */
  readonly writtenMs: number;
  /** The newest sourceTimestamp among its samples. */
  readonly newestMs: number;
}

/** What the store of one machine is worth. */
export interface StoreJudgement {
  readonly verdict: Verdict;
  readonly perSignal: ReadonlyMap<string, Verdict>;
  readonly judges: ReadonlyMap<string, SignalJudge>;
  /** From sourceTimestamp to the segment file, of samples of the judged time. */
  readonly latency: LatencyHistogram;
  readonly deliveries: readonly StoredDelivery[];
  readonly rows: readonly Gap[];
}

interface JudgeStoreOptions {
  /** The closed store. */
  readonly storeFolder: string;
  /** The server's log of what it wrote. */
  readonly logFile: string;
  readonly signals: readonly string[];
  /** What was written then had to come. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Reads a closed store again from disk and compares it with what its server wrote. */
export async function judgeStore(options: JudgeStoreOptions): Promise<StoreJudgement> {
  const { storeFolder, logFile, signals, fromMs, untilMs } = options;
  const writtenTo = await readWriteLog(logFile);
  const judges = new Map(signals.map((signal) => [signal, new SignalJudge(writtenTo(signal))]));
  const latency = new LatencyHistogram();
  const deliveries: StoredDelivery[] = [];
  for await (const { samples, writtenMs } of readStore(storeFolder)) {
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const sample of samples) {
      const number = numberOf(sample);
      // A server shows 0 before it writes for the first time.
      if (sample.quality !== 'good' || number === undefined || number === 0) continue;
      judges.get(sample.signal)?.stored(sample.sourceTimestampMs, number, sample.epoch);
      newestMs = Math.max(newestMs, sample.sourceTimestampMs);
      if (sample.sourceTimestampMs >= fromMs) latency.add(writtenMs - sample.sourceTimestampMs);
    }
    if (samples.length > 0) deliveries.push({ writtenMs, newestMs });
  }
  const rows = readLedger(storeFolder);
  const rowsOf = new Map<string, Gap[]>();
  for (const row of rows) rowsOf.set(row.signal, [...(rowsOf.get(row.signal) ?? []), row]);
  const perSignal = new Map(
    [...judges].map(([signal, judge]) => [
      signal,
      judge.verdict(rowsOf.get(signal) ?? [], { fromMs, untilMs }),
    ]),
  );
  return { verdict: sumOf(perSignal.values()), perSignal, judges, latency, deliveries, rows };
}

/** How many rows there are of each cause. */
export function countCauses(rows: readonly Gap[]): Partial<Record<GapCause, number>> {
  const counts: Partial<Record<GapCause, number>> = {};
  for (const { cause } of rows) counts[cause] = (counts[cause] ?? 0) + 1;
  return counts;
}

/** The counter that a sample shows: its value, or element 0 of a wave. */
function numberOf({ value }: Sample): number | undefined {
  if (typeof value === 'number') return value;
  if (ArrayBuffer.isView(value)) return Number(value[0]);
  return undefined;
}
