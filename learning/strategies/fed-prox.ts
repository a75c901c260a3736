import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * FedProx (T. Li et al.: Federated Optimization in Heterogeneous Networks, arXiv:1812.06127): participants minimise their
 * loss plus mu/2 · |w - base|², which keeps those with unlike data or much work near the base. Averaged as FedAvg.
 */
export function fedProx(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['mu']);
  const mu = numberOption(spec, 'mu', { fallback: 0.01, from: 0, to: 1000 });
  return oneModel({ key: 'fed-prox', task: { kind: 'proximal', mu } });
}
