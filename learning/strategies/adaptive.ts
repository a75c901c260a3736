import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import { stepTensors } from './step-tensors.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/** The next second moment, of the last one and the square of the mean delta. */
export type SecondMoment = (moment: number, square: number, beta2: number) => number;

/**
 * The server optimisers of S. Reddi et al. (Adaptive Federated Optimization, arXiv:2003.00295, Algorithm 2), which differ
 * in their second moment only: m = beta1 · m + (1 - beta1) · mean delta, w = w + learningRate · m / (√v + tau), without
 * bias correction and with v starting at tau².
 */
export function adaptive(spec: StrategySpec, options: { beta1: number; next: SecondMoment }): Strategy {
  refuseUnknownOptions('strategy', spec, ['learningRate', 'beta1', 'beta2', 'tau']);
  const learningRate = numberOption(spec, 'learningRate', { fallback: 0.1, from: 1e-9, to: 100 });
  const beta1 = numberOption(spec, 'beta1', { fallback: options.beta1, from: 0, to: 0.9999 });
  const beta2 = numberOption(spec, 'beta2', { fallback: 0.99, from: 0, to: 0.999999 });
  const tau = numberOption(spec, 'tau', { fallback: 0.001, from: 1e-9, to: 1 });
  return oneModel({
    key: spec.key,
    finish: (state, round) =>
      stepTensors(state, round, ({ each, mean, slot }) => {
        const first = slot('momentum');
        const second = slot('second-moment', tau * tau);
        const delta = mean('delta');
        return each((value, index) => {
          const momentum = beta1 * first[index]! + (1 - beta1) * delta[index]!;
          const moment = options.next(second[index]!, delta[index]! ** 2, beta2);
          first[index] = momentum;
          second[index] = moment;
          return value + (learningRate * momentum) / (Math.sqrt(moment) + tau);
        });
      }),
  });
}
