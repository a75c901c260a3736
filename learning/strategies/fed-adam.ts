import { adaptive } from './adaptive.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/** FedAdam (S. Reddi et al., arXiv:2003.00295): the second moment is an exponential mean, v = beta2 · v + (1 - beta2) · d². */
export function fedAdam(spec: StrategySpec): Strategy {
  return adaptive(spec, {
    beta1: 0.9,
    next: (moment, square, beta2) => beta2 * moment + (1 - beta2) * square,
  });
}
