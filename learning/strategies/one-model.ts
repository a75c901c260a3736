import { stepTensors } from './step-tensors.ts';
import { MAIN_GROUP, type Strategy } from './strategy.ts';

/**
 * A strategy of rounds with one model and plain training, whose updates count by their exampleCount: federated averaging
 * but for what is given otherwise.
 */
export function oneModel(given: Pick<Strategy, 'key'> & Partial<Strategy>): Strategy {
  return {
    parts: ['delta'],
    scalars: [],
    reduction: { kind: 'sum' },
    needs: [],
    downloads: { models: 1, slots: [] },
    trigger: { kind: 'round' },
    task: { kind: 'plain' },
    lostState: 'reset',
    init: () => ({
      state: { rounds: 0, groups: {}, slots: new Map() },
      groups: [{ group: MAIN_GROUP, weights: 'common' }],
    }),
    plan: (_state, participants) =>
      participants.map(({ participant }) => ({ participant, groups: [MAIN_GROUP] })),
    factor: ({ exampleCount }) => exampleCount,
    finish: (state, round) => stepTensors(state, round, ({ add }) => add('delta', 1)),
    ...given,
  };
}
