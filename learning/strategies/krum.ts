import { attackersOf, robust } from './robust.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Krum (P. Blanchard et al.: Machine Learning with Adversaries, NIPS 2017): the one update that is nearest to its n - f - 2
 * nearest others. It needs 2f + 3 updates and learns from a single participant a round.
 */
export function krum(spec: StrategySpec): Strategy {
  return robust(spec, ['f'], () => ({ kind: 'krum', f: attackersOf(spec), selected: 1 }));
}
