import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import { stepTensors } from './step-tensors.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * FedDyn (D. A. E. Acar et al.: Federated Learning Based on Dynamic Regularization, arXiv:2111.04263): each participant's
 * loss gets a linear and a quadratic term, so that the local optima meet at the global one. The server keeps h = h -
 * alpha/m · sum of deltas over m participants; the next version is the plain mean of trained weights minus h/alpha.
 */
export function fedDyn(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['alpha']);
  const alpha = numberOption(spec, 'alpha', { fallback: 0.01, from: 1e-6, to: 100 });
  return oneModel({
    key: 'fed-dyn',
    task: { kind: 'dyn', alpha },
    factor: () => 1,
    finish: (state, round) =>
      stepTensors(state, round, ({ each, mean, slot }, { contributions }) => {
        const share = contributions.length / round.participantCount;
        const drift = slot('drift');
        const delta = mean('delta');
        return each((value, index) => {
          drift[index]! -= alpha * share * delta[index]!;
          return value + delta[index]! - drift[index]! / alpha;
        });
      }),
  });
}
