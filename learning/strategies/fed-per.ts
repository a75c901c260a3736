import { refuseUnknownOptions } from '../options.ts';
import { isOfLastLayers } from './layers.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * FedPer (M. G. Arivazhagan et al.: Federated Learning with Personalization Layers, arXiv:1912.00818): the last
 * `personalLayers` layers stay with each participant and are trained together with the others, which are averaged.
 */
export function fedPer(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['personalLayers']);
  const layers = numberOption(spec, 'personalLayers', { fallback: 1, from: 1, to: 1000, integer: true });
  return oneModel({
    key: 'fed-per',
    isLocal: (tensor, model) => isOfLastLayers(tensor, model, layers),
  });
}
