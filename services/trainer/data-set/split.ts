import type { DataProfile } from '../../../openapi/schemas.ts';
import type { Window } from './window.ts';

/** Counts of one class, as far as a split depends on them. */
export interface ClassCount {
  readonly windows: number;
  /** Of them, windows that carry a test lot. */
  readonly inTestLots: number;
}

/**
 * Which windows are held out for tests: those of a test lot; where none carries one, the last fifth of each label's
 * windows in time (contracts, section 3).
 * @param windows in the order (sourceTimestamp, block).
 */
export function splitWindows(
  windows: readonly Window[],
  testLots: DataProfile['testLots'] = ['test'],
): readonly boolean[] {
  const inTestLot = windows.map(({ lot }) => testLots.includes(lot));
  if (inTestLot.some((held) => held)) return inTestLot;
  const left = new Map<string, number>();
  for (const { label } of windows) left.set(label, (left.get(label) ?? 0) + 1);
  const firstHeldOut = new Map([...left].map(([label, count]) => [label, count - lastFifth(count)]));
  const seen = new Map<string, number>();
  return windows.map(({ label }) => {
    const index = seen.get(label) ?? 0;
    seen.set(label, index + 1);
    return index >= (firstHeldOut.get(label) ?? 0);
  });
}

/** The size of the test part by the same rule, from counts alone. */
export function countTestWindows(classes: readonly ClassCount[]): number {
  const inTestLots = classes.reduce((sum, count) => sum + count.inTestLots, 0);
  if (inTestLots > 0) return inTestLots;
  return classes.reduce((sum, count) => sum + lastFifth(count.windows), 0);
}

function lastFifth(count: number): number {
  return Math.floor(count / 5);
}
