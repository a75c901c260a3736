import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Ditto (T. Li et al.: Fair and Robust Federated Learning Through Personalization, arXiv:2012.04221): the global model is
 * FedAvg's; beside it each participant trains a model of its own, held near the global one by lambda/2 · |v - base|².
 */
export function ditto(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['lambda']);
  const lambda = numberOption(spec, 'lambda', { fallback: 0.1, from: 0, to: 1000 });
  return oneModel({ key: 'ditto', task: { kind: 'dual-model', lambda } });
}
