import { adaptive } from './adaptive.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/** FedAdagrad (S. Reddi et al., arXiv:2003.00295): the second moment is the sum of all squares, v = v + d². */
export function fedAdagrad(spec: StrategySpec): Strategy {
  return adaptive(spec, { beta1: 0, next: (moment, square) => moment + square });
}
