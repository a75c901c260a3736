import { refuseUnknownOptions } from '../options.ts';
import { oneModel } from './one-model.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Federated averaging (B. McMahan et al.: Communication-Efficient Learning of Deep Networks from Decentralized Data,
 * AISTATS 2017): the next version is the base plus the mean of the deltas, each with its exampleCount as factor. It
 * assumes honest participants whose data are alike; one bad update moves the mean as far as it likes.
 */
export function fedAvg(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, []);
  return oneModel({ key: 'fed-avg' });
}
