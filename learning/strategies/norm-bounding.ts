import { numberOption } from './number-option.ts';
import { robust } from './robust.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Norm bounding (Z. Sun et al.: Can You Really Backdoor Federated Learning?, arXiv:1911.07963): longer updates are scaled
 * down to `maximumNorm`, then averaged.
 */
export function normBounding(spec: StrategySpec): Strategy {
  return robust(spec, ['maximumNorm'], () => ({
    kind: 'norm-bounding',
    maximumNorm: numberOption(spec, 'maximumNorm', { from: 1e-9, to: 1e9 }),
  }));
}
