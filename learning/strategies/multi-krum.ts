import { numberOption } from './number-option.ts';
import { attackersOf, robust } from './robust.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Multi-Krum (P. Blanchard et al.: Machine Learning with Adversaries, NIPS 2017): the mean of the `selected` updates with
 * the best Krum scores. It needs 2f + 3 updates, and `selected` + f.
 */
export function multiKrum(spec: StrategySpec): Strategy {
  return robust(spec, ['f', 'selected'], () => {
    const selected = numberOption(spec, 'selected', { from: 1, to: 100_000, integer: true });
    return { kind: 'krum', f: attackersOf(spec), selected };
  });
}
