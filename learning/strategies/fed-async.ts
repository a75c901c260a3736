import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import { stepTensors } from './step-tensors.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * FedAsync (C. Xie et al.: Asynchronous Federated Optimization, arXiv:1903.03934) with polynomial staleness: each update
 * makes a version, w = (1 - a) · w + a · trained, where a = mixing · (1 + s)^-exponent for one that is s versions late.
 */
export function fedAsync(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['mixing', 'exponent']);
  const mixing = numberOption(spec, 'mixing', { fallback: 0.6, from: 1e-6, to: 1 });
  const exponent = numberOption(spec, 'exponent', { fallback: 0.5, from: 0, to: 10 });
  return oneModel({
    key: 'fed-async',
    parts: ['trained'],
    trigger: { kind: 'buffer', of: 1 },
    factor: () => 1,
    finish: (state, round) =>
      stepTensors(state, round, ({ each, mean }, { contributions }) => {
        const share = mixing * (1 + contributions[0]!.staleness) ** -exponent;
        const trained = mean('trained');
        return each((value, index) => (1 - share) * value + share * trained[index]!);
      }),
  });
}
