import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * IFCA (A. Ghosh et al.: An Efficient Framework for Clustered Federated Learning, arXiv:2006.04088): there are `groups`
 * models, drawn apart; each participant downloads all, trains the one with the least loss on its data, and counts in that
 * one's mean. It is told how many groups there are, and its download grows with them.
 */
export function ifca(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['groups']);
  const count = numberOption(spec, 'groups', { from: 2, to: 64, integer: true });
  const names = Array.from({ length: count }, (_, index) => `group-${index + 1}`);
  const plain = oneModel({ key: 'ifca' });
  return {
    ...plain,
    scalars: ['group', 'baseLoss'],
    downloads: { models: count, slots: [] },
    task: { kind: 'pick-group' },
    init: (model) => ({
      state: plain.init(model).state,
      groups: names.map((group) => ({ group, weights: 'own' })),
    }),
    plan: (_state, participants) => participants.map(({ participant }) => ({ participant, groups: names })),
    groupsOf: (_state, contributions) => contributions.map(({ group }) => group),
  };
}
