import { printFigure } from '../support/figure.ts';
import type { Spool } from './spool.ts';

const REPETITIONS = 5;
const SAMPLE_MS = 50;

/** GB/s of the updates as float32, the best of five, and the highest memory above that before, in MiB. */
export interface MeasuredReduction {
  readonly gigabytesPerSecond: number;
  readonly extraMiB: number;
}

/** Measures a reduction of a spool and prints `aggregation/NAME-SIZE` and its memory. */
export async function measureReduction(
  name: string,
  spool: Spool,
  memcpyGigabytesPerSecond: number,
  reduce: () => Promise<void>,
): Promise<MeasuredReduction> {
  const before = process.memoryUsage.rss();
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, SAMPLE_MS);
  let best = Number.POSITIVE_INFINITY;
  let leastCpuMs = Number.POSITIVE_INFINITY;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const startMs = performance.now();
    const cpuBefore = process.cpuUsage();
    await reduce();
    best = Math.min(best, performance.now() - startMs);
    const { user, system } = process.cpuUsage(cpuBefore);
    leastCpuMs = Math.min(leastCpuMs, (user + system) / 1000);
    highest = Math.max(highest, process.memoryUsage.rss());
  }
  clearInterval(timer);
  const gigabytesPerSecond = spool.floatBytes / best / 1e6;
  const extraMiB = (highest - before) / 2 ** 20;
  const figure = `aggregation/${name}-${spool.name}`;
  const settings = { updates: spool.updates, parameters: spool.parameters, payload: spool.encoding };
  printFigure({
    name: figure,
    value: gigabytesPerSecond,
    unit: 'GB/s',
    // What foreign load does not lower.
    perCpuSecond: Number((spool.floatBytes / leastCpuMs / 1e6).toPrecision(4)),
    ...settings,
  });
  printFigure({
    name: `${figure}/memcpy-ratio`,
    value: gigabytesPerSecond / memcpyGigabytesPerSecond,
    unit: 'ratio',
    ...settings,
  });
  printFigure({ name: `${figure}/extra-memory`, value: extraMiB, unit: 'MiB', ...settings });
  return { gigabytesPerSecond, extraMiB };
}

/** GB/s of copying as many bytes as the spool has in pieces of one tile, one thread. */
export function measureMemcpy(spool: Spool): number {
  const source = Buffer.alloc(Math.min(spool.parameters * 4, 100_000_000), 1);
  const target = Buffer.alloc(source.length);
  let best = Number.POSITIVE_INFINITY;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const startMs = performance.now();
    for (let update = 0; update < spool.updates; update++) source.copy(target);
    best = Math.min(best, performance.now() - startMs);
  }
  const value = (source.length * spool.updates) / best / 1e6;
  printFigure({ name: `aggregation/memcpy-${spool.name}`, value, unit: 'GB/s' });
  return value;
}
