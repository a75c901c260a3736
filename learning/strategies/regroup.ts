import { mergeVersions } from './merge-versions.ts';
import { MAIN_GROUP, type ReducedRound, type RoundResult, type StrategyState } from './strategy.ts';

/**
 * Ends a round in which all trained from `main` and were grouped anew: groups that are new start from it, those that go on
 * keep the version they have, and `main` gets the mean of all, for those who come later.
 * @param before the state that the round began with. @param next what averaging by group alone gives.
 */
export function regroup(before: StrategyState, round: ReducedRound, next: RoundResult): RoundResult {
  const known = new Set(Object.values(before.groups));
  const main = mergeVersions(next, round).versions.get(MAIN_GROUP)!;
  const fresh = [...next.versions].filter(([group]) => !known.has(group));
  const groups = [...round.groups].flatMap(([group, { contributions }]) =>
    contributions.map(({ participant }) => [participant, group] as const),
  );
  return {
    versions: new Map([...fresh, [MAIN_GROUP, main]]),
    state: { ...next.state, groups: { ...before.groups, ...Object.fromEntries(groups) } },
  };
}
