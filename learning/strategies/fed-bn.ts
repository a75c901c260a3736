import { refuseUnknownOptions } from '../options.ts';
import { layerOf } from './layers.ts';
import { oneModel } from './one-model.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * FedBN (X. Li et al.: Federated Learning on Non-IID Features via Local Batch Normalization, arXiv:2102.07623): layers of
 * batch normalisation stay with each participant, with all their tensors; the others are averaged. It assumes machines
 * that differ in their features. Such a layer is one that has a statistic tensor.
 */
export function fedBn(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, []);
  return oneModel({
    key: 'fed-bn',
    isLocal: (tensor, model) =>
      model.some((other) => other.role === 'statistic' && layerOf(other) === layerOf(tensor)),
  });
}
