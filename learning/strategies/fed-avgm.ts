import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import { stepTensors } from './step-tensors.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * Federated averaging with momentum at the server (T. H. Hsu et al.: Measuring the Effects of Non-Identical Data
 * Distribution for Federated Visual Classification, arXiv:1909.06335): v = momentum · v + mean delta, w = w +
 * learningRate · v. It smooths what differs from cohort to cohort.
 */
export function fedAvgM(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['momentum', 'learningRate']);
  const momentum = numberOption(spec, 'momentum', { fallback: 0.9, from: 0, to: 0.9999 });
  const learningRate = numberOption(spec, 'learningRate', { fallback: 1, from: 1e-6, to: 100 });
  return oneModel({
    key: 'fed-avgm',
    finish: (state, round) =>
      stepTensors(state, round, ({ each, mean, slot }) => {
        const velocity = slot('momentum');
        const delta = mean('delta');
        return each((value, index) => {
          const next = momentum * velocity[index]! + delta[index]!;
          velocity[index] = next;
          return value + learningRate * next;
        });
      }),
  });
}
