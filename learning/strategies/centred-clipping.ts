import { numberOption } from './number-option.ts';
import { robust } from './robust.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Centred clipping (S. P. Karimireddy et al.: Learning from History for Byzantine Robust Optimization, ICML 2021): each
 * update is clipped to `radius` around a centre that starts at the base and moves to their mean. Without the participants'
 * momentum of the paper, so that it helps against large updates more than against many small consistent ones.
 */
export function centredClipping(spec: StrategySpec): Strategy {
  return robust(spec, ['radius', 'iterations'], () => ({
    kind: 'centred-clipping',
    radius: numberOption(spec, 'radius', { from: 1e-9, to: 1e9 }),
    iterations: numberOption(spec, 'iterations', { fallback: 3, from: 1, to: 1000, integer: true }),
  }));
}
