import { randomStream } from '../../../learning/random.ts';
import {
  type Assignment,
  MAIN_GROUP,
  type PlannedParticipant,
  type Strategy,
  type StrategyState,
} from '../../../learning/strategies/strategy.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { RoundBase, RoundRow } from '../store/round-table.ts';
import type { VersionRow } from '../store/version-table.ts';
import type { RunContext } from './run-context.ts';

/** What a strategy decides by beside its slots. */
export type PlanState = Omit<StrategyState, 'slots'>;

/** Which versions a cohort begins from. */
export type GroupPlan = Pick<RoundRow, 'bases' | 'plan'> & {
  /** The first of them. */
  readonly base: VersionRow;
};

/** Longest name of a group, as in every id. */
const LONGEST_NAME = 64;

/** Asks the strategy who downloads what, and finds the versions. @throws CodedError `E_RUN_FAILED` if one is missing. */
export function planGroups(
  context: RunContext,
  strategy: Strategy,
  state: PlanState,
  { cohort, round }: { readonly cohort: readonly string[]; readonly round: number },
): GroupPlan {
  const { federation, store } = context;
  const assignments = assign(context, strategy, state, { cohort, round });
  const names = assignments.flatMap(({ groups }) => groups);
  // A round that asks nobody, as all train already, still goes on from a version.
  if (names.length === 0) names.push(strategy.init([]).groups[0]!.group);
  const bases = [...new Set(names)].sort().map((group): RoundBase & { readonly row: VersionRow } => {
    const row = store.versions.current(federation.id, group) ?? store.versions.current(federation.id);
    if (row === undefined) throw new CodedError('E_RUN_FAILED', `there is no version of group ${group}`);
    const { number, sha256, bytes } = row;
    return { group, version: { group: row.group, number, sha256, bytes }, row };
  });
  const base = bases[0]!.row;
  if (bases.length === 1 && bases[0]!.group === MAIN_GROUP)
    return { base, bases: undefined, plan: undefined };
  const all = bases.map(({ group }) => group);
  const differs = assignments.some(({ groups }) => groups.join() !== all.join());
  return {
    base,
    bases: bases.map(({ group, version }) => ({ group, version })),
    plan: differs
      ? Object.fromEntries(assignments.map(({ participant, groups }) => [participant, groups]))
      : undefined,
  };
}

/** The strategy's assignments for these participants. */
export function assign(
  context: RunContext,
  strategy: Strategy,
  state: PlanState,
  { cohort, round }: { readonly cohort: readonly string[]; readonly round: number },
): readonly Assignment[] {
  const { run } = context;
  const random = randomStream({ seed: run.seed, round, participant: 'main', purpose: 'plan' });
  const planned = cohort.map((participant) => plannedParticipant(context, participant));
  return strategy
    .plan({ ...state, slots: new Map() }, planned, random)
    .map((each) => ({ ...each, groups: each.groups.map(groupName) }));
}

/** Groups of a round by participant. */
export function groupsFor(
  { bases, plan }: Pick<RoundRow, 'bases' | 'plan'>,
  participant: string,
): readonly string[] {
  return plan?.[participant] ?? bases?.map(({ group }) => group) ?? [MAIN_GROUP];
}

/** The versions that a round's participants begin from. */
export function basesOf({ bases, baseNumber, baseSha256 }: RoundRow, bytes: number): readonly RoundBase[] {
  const version = { group: MAIN_GROUP, number: baseNumber, sha256: baseSha256, bytes };
  return bases ?? [{ group: MAIN_GROUP, version }];
}

function plannedParticipant({ participants }: RunContext, participant: string): PlannedParticipant {
  return { participant, attributes: participants.get(participant)?.attributes ?? {} };
}

/** A group may be named after what people write of a machine; other characters of it become `-`. */
function groupName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, LONGEST_NAME);
}
