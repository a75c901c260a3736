import { MAIN_GROUP, type Strategy } from '../../../learning/strategies/strategy.ts';
import { assign, type PlanState } from './plan-groups.ts';
import type { RunContext } from './run-context.ts';

/**
 * The group whose model each participant uses: the one that its last update counted in, else the one that it would train;
 * `main`, or the strategy's first, where that has no version yet or it would pick one of several.
 * @param counted by participant.
 */
export function ownGroups(
  context: RunContext,
  strategy: Strategy,
  state: PlanState,
  counted: ReadonlyMap<string, string>,
  ids: readonly string[],
): ReadonlyMap<string, string> {
  if (strategy.groupsOf === undefined) return new Map(ids.map((id) => [id, MAIN_GROUP]));
  const { store, federation } = context;
  const made = new Set(store.versions.currents(federation.id).map(({ group }) => group));
  const fallback = made.has(MAIN_GROUP) ? MAIN_GROUP : strategy.init([]).groups[0]!.group;
  const planned = new Map(
    assign(context, strategy, state, { cohort: ids, round: state.rounds + 1 }).map(
      ({ participant, groups }) => [participant, groups.length === 1 ? groups[0] : undefined],
    ),
  );
  return new Map(
    ids.map((id) => {
      const own = counted.get(id) ?? planned.get(id);
      return [id, own !== undefined && made.has(own) ? own : fallback];
    }),
  );
}
