import { attackersOf, robust } from './robust.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Bulyan (E. M. El Mhamdi et al.: The Hidden Vulnerability of Distributed Learning in Byzantium, ICML 2018): picks n - 2f
 * updates by Krum, and of each coordinate the mean of those nearest to the median. It needs 4f + 3 updates.
 */
export function bulyan(spec: StrategySpec): Strategy {
  return robust(spec, ['f'], () => ({ kind: 'bulyan', f: attackersOf(spec) }));
}
