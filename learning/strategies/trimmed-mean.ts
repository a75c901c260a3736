import { attackersOf, robust } from './robust.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Coordinate-wise trimmed mean (D. Yin et al.: Byzantine-Robust Distributed Learning, ICML 2018): of each coordinate the
 * `f` least and the `f` largest values are left out. It needs 2f + 1 updates.
 */
export function trimmedMean(spec: StrategySpec): Strategy {
  return robust(spec, ['f'], () => ({ kind: 'trimmed-mean', f: attackersOf(spec) }));
}
