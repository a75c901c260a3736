import { refuseUnknownOptions } from '../options.ts';
import { namedGroups } from './named-groups.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import { regroup } from './regroup.ts';
import { similarityGroups } from './similarity-groups.ts';
import { MAIN_GROUP, type Strategy, type StrategySpec, type StrategyState } from './strategy.ts';

/**
 * Clustering by similarity of updates (F. Sattler et al., arXiv:1910.01991; C. Briggs et al., arXiv:2004.11791): after
 * `warmUpRounds` of one model, participants whose deltas point the same way share a model of their own. Every
 * `everyRounds` after that all train from `main` once, and the groups are found anew; one that goes on keeps its version.
 */
export function clustered(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['warmUpRounds', 'everyRounds', 'leastSilhouette']);
  const warmUp = numberOption(spec, 'warmUpRounds', { fallback: 4, from: 1, to: 10_000, integer: true });
  const every = numberOption(spec, 'everyRounds', { fallback: 16, from: 2, to: 100_000, integer: true });
  const least = numberOption(spec, 'leastSilhouette', { fallback: 0.2, from: 0, to: 1 });
  const plain = oneModel({ key: 'clustered' });
  const regroups = ({ rounds }: Pick<StrategyState, 'rounds'>) =>
    rounds + 1 >= warmUp && (rounds + 1 - warmUp) % every === 0;
  return {
    ...plain,
    needs: ['similarities'],
    plan: (state, participants) =>
      participants.map(({ participant }) => ({
        participant,
        groups: [regroups(state) ? MAIN_GROUP : (state.groups[participant] ?? MAIN_GROUP)],
      })),
    groupsOf: (state, contributions, gram) =>
      regroups(state) && gram !== undefined
        ? namedGroups(state, contributions, similarityGroups(gram, least))
        : contributions.map(({ group }) => group),
    finish: (state, round) => {
      const next = plain.finish(state, round);
      return regroups(state) ? regroup(state, round, next) : next;
    },
  };
}
