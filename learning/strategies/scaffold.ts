import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import { stepTensors } from './step-tensors.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * SCAFFOLD (S. P. Karimireddy et al.: Stochastic Controlled Averaging for Federated Learning, arXiv:1910.06378, option II):
 * every participant corrects its gradients by c - c_i. The server adds the plain mean of the deltas, and to its c the
 * changes of the c_i over all participants, also those that were not asked. It assumes SGD at the participants.
 */
export function scaffold(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['learningRate']);
  const learningRate = numberOption(spec, 'learningRate', { fallback: 1, from: 1e-6, to: 100 });
  return oneModel({
    key: 'scaffold',
    parts: ['delta', 'control'],
    downloads: { models: 1, slots: ['control'] },
    task: { kind: 'control' },
    factor: () => 1,
    finish: (state, round) =>
      stepTensors(state, round, ({ mean, slot, add }, { contributions }) => {
        const share = contributions.length / round.participantCount;
        const control = slot('control');
        const change = mean('control');
        for (let index = 0; index < control.length; index++) control[index]! += share * change[index]!;
        return add('delta', learningRate);
      }),
  });
}
