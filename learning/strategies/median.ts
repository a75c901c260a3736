import { robust } from './robust.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Coordinate-wise median (D. Yin et al.: Byzantine-Robust Distributed Learning, ICML 2018): stands up to fewer than half
 * of the participants, and moves away from the mean where their data are unlike.
 */
export function median(spec: StrategySpec): Strategy {
  return robust(spec, [], () => ({ kind: 'median' }));
}
