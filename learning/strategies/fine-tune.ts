import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * FedAvg with local fine-tuning (T. Yu et al.: Salvaging Federated Learning by Local Adaptation, arXiv:2002.04758): each
 * participant trains the published model for `epochs` more before it uses it; what it learns then is not sent.
 */
export function fineTune(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['epochs']);
  const epochs = numberOption(spec, 'epochs', { fallback: 1, from: 1, to: 10_000, integer: true });
  return oneModel({ key: 'fine-tune', task: { kind: 'fine-tune', epochs } });
}
