import type { LoadResult } from './load-messages.ts';

/** Rate and 99th percentile over several measurements of the same thing. */
interface Throughput {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly requests: number;
}

/** @throws RangeError without any answer. */
export function throughputOf(results: readonly LoadResult[]): Throughput {
  const requests = results.reduce((sum, { answered }) => sum + answered, 0);
  const elapsedMs = results.reduce((sum, result) => sum + result.elapsedMs, 0);
  const latencies = Float64Array.from(results.flatMap(({ latenciesMs }) => [...latenciesMs])).sort();
  const p99Ms = latencies[Math.floor(latencies.length * 0.99)];
  if (p99Ms === undefined) throw new RangeError('no request was answered');
  return { perSecond: (requests / elapsedMs) * 1000, p99Ms, requests };
}
