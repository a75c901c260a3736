import type { Strategy } from '../../../learning/strategies/strategy.ts';
import type { RunContext } from './run-context.ts';
import type { Wait } from './wait.ts';

/**
 * Looks whether the disk has room for a round: its updates lie there until it closes, and then the next version and what
 * comes of the reduction, each as large as the model. Better no round than one that ends half-way.
 * @returns why it has to wait, else undefined.
 */
export function lacksRoom(
  { store, leastFreeBytes }: Pick<RunContext, 'store' | 'leastFreeBytes'>,
  { parts }: Pick<Strategy, 'parts'>,
  modelBytes: number,
  cohortSize: number,
): Wait | undefined {
  const needed = modelBytes * (cohortSize * parts.length + 2);
  const free = store.freeBytes();
  if (free - needed >= leastFreeBytes) return undefined;
  const kept = leastFreeBytes === 0 ? '' : `, and ${inMegabytes(leastFreeBytes)} are to stay free`;
  const waitsFor = `E_DISK_FULL: the updates of ${cohortSize} participants may take ${inMegabytes(needed)}; the disk has ${inMegabytes(free)}${kept}`;
  return { waitsFor, kind: 'room' };
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
