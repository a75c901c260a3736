import { adaptive } from './adaptive.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * FedYogi (S. Reddi et al., arXiv:2003.00295): the second moment moves by a share of d² whatever its own size,
 * v = v - (1 - beta2) · d² · sign(v - d²), and so forgets more slowly than FedAdam's.
 */
export function fedYogi(spec: StrategySpec): Strategy {
  return adaptive(spec, {
    beta1: 0.9,
    next: (moment, square, beta2) => moment - (1 - beta2) * square * Math.sign(moment - square),
  });
}
