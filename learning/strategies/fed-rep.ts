import { refuseUnknownOptions } from '../options.ts';
import { isOfLastLayers } from './layers.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * FedRep (L. Collins et al.: Exploiting Shared Representations for Personalized Federated Learning, arXiv:2102.07078): each
 * participant keeps the last `personalLayers` layers as its head and trains it for `headEpochs` with the body fixed, then
 * the body with the head fixed; bodies are averaged.
 */
export function fedRep(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['personalLayers', 'headEpochs']);
  const layers = numberOption(spec, 'personalLayers', { fallback: 1, from: 1, to: 1000, integer: true });
  const headEpochs = numberOption(spec, 'headEpochs', { fallback: 1, from: 1, to: 10_000, integer: true });
  return oneModel({
    key: 'fed-rep',
    task: { kind: 'head-then-body', headEpochs },
    isLocal: (tensor, model) => isOfLastLayers(tensor, model, layers),
  });
}
