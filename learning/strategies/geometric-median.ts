import { numberOption } from './number-option.ts';
import { robust } from './robust.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Geometric median (K. Pillutla et al.: Robust Aggregation for Federated Learning, arXiv:1912.13445): the point with the
 * least sum of distances to the updates, by the smoothed Weiszfeld algorithm. It stands up to fewer than half.
 */
export function geometricMedian(spec: StrategySpec): Strategy {
  return robust(spec, ['iterations', 'smoothing'], () => ({
    kind: 'geometric-median',
    iterations: numberOption(spec, 'iterations', { fallback: 8, from: 1, to: 1000, integer: true }),
    smoothing: numberOption(spec, 'smoothing', { fallback: 1e-6, from: 1e-12, to: 1 }),
  }));
}
