import { chooseCohort } from '../../../learning/cohort.ts';
import type { Strategy } from '../../../learning/strategies/strategy.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';
import type { FileReference, Participant, TrainJob } from '../../../openapi/schemas.ts';
import { timestamp } from '../clock.ts';
import { present } from '../store/present.ts';
import type { RoundBase, RoundRow } from '../store/round-table.ts';
import type { Deadline } from './deadline.ts';
import { basesOf, groupsFor, type PlanState, planGroups } from './plan-groups.ts';
import { eligible, openDeadline, type RunContext, readyOnes } from './run-context.ts';
import { sumBoundsOf } from './run-pipeline.ts';
import { downloadedState } from './strategy-state.ts';
import { tooFew, type Wait } from './wait.ts';

/** A round that takes updates, with what is known of it only while it does. */
export interface LiveRound {
  readonly row: RoundRow;
  /** The versions that its participants begin from, one a group. */
  readonly bases: readonly RoundBase[];
  /** What they download beside these. */
  readonly strategyState: FileReference | undefined;
  /** The base version's tensors, which every update must have. */
  readonly tensors: readonly TensorSpec[];
  readonly deadline: Deadline;
  /** Versions published since those it began from; absent in rounds, where it is 0. */
  readonly staleness?: () => number;
  /** Whether the queue has its flow. */
  queued: boolean;
  /** Whether `row` has a state that is not stored yet; the first contribution stores it. */
  unstored: boolean;
}

/** The round to come. */
export interface NextRound {
  readonly strategy: Strategy;
  readonly state: PlanState;
  readonly round: number;
  readonly roundAttempt: number;
  /** Those that an earlier attempt asked in vain. */
  readonly missed: ReadonlySet<string>;
}

/** Chooses the cohort of a round. @returns the round to store, or why it cannot open yet. */
export function planRound(
  context: RunContext,
  { strategy, state, round, roundAttempt, missed }: NextRound,
): RoundRow | Wait {
  const { run, federation } = context;
  const choice = chooseCohort({
    spec: federation.cohort ?? { kind: 'all' },
    quorum: federation.quorum ?? { kind: 'fraction', of: 0.8 },
    admitted: eligible(context),
    ready: new Set(readyOnes(context)),
    missed,
    ...cohortFigures(context),
    seed: run.seed,
    round,
  });
  if (!choice.enough) return tooFew(context, choice.reason);
  return openedRow(context, { strategy, state, round, roundAttempt }, choice);
}

/** A round as it is stored when it opens. */
export function openedRow(
  context: RunContext,
  { strategy, state, round, roundAttempt }: Omit<NextRound, 'missed'>,
  { cohort, quorum }: Pick<RoundRow, 'cohort' | 'quorum'>,
): RoundRow {
  const { base, bases, plan } = planGroups(context, strategy, state, { cohort, round });
  return {
    run: context.run.id,
    round,
    roundAttempt,
    state: 'open',
    reason: undefined,
    cohort,
    quorum,
    baseNumber: base.number,
    baseSha256: base.sha256,
    bases,
    plan,
    openedAt: timestamp(),
    endedAt: undefined,
    version: undefined,
    versions: undefined,
  };
}

/** What the federation's choice of cohorts goes by, beside the lot. */
function cohortFigures(context: RunContext): Pick<Parameters<typeof chooseCohort>[0], 'weights' | 'strata'> {
  const { federation, participants } = context;
  const spec = federation.cohort;
  if (spec === undefined || spec.kind === 'all') return {};
  const { by, stratifyBy } = spec;
  const known = eligible(context).map((id) => ({ id, participant: participants.get(id) }));
  return {
    ...(by === 'data-size' && {
      weights: new Map(known.map(({ id, participant }) => [id, examplesOf(participant, federation.id)])),
    }),
    ...(stratifyBy !== undefined && {
      strata: new Map(known.map(({ id, participant }) => [id, participant?.attributes?.[stratifyBy] ?? ''])),
    }),
  };
}

function examplesOf(participant: Participant | undefined, federation: string): number {
  return participant?.data?.find((each) => each.federation === federation)?.trainExamples ?? 0;
}

/** Makes a stored round live: its deadline runs from here. */
export function goLive(
  context: RunContext,
  row: RoundRow,
  strategy: Strategy,
  tensors: readonly TensorSpec[],
): LiveRound {
  const { store, federation } = context;
  const bytes = store.versions.get(federation.id, row.baseNumber)?.bytes ?? 0;
  const bases = basesOf(row, bytes);
  const strategyState = downloadedState(context, strategy);
  const deadline = openDeadline(context, `round:${row.run}:${row.round}:${row.roundAttempt}`);
  return { row, bases, strategyState, tensors, deadline, queued: false, unstored: false };
}

/** Gives the round's flow to the queue; the same again changes nothing there. @throws CodedError `E_REDIS_UNREACHABLE` */
export async function queueRound(
  context: RunContext,
  live: LiveRound,
  lastCounted: ReadonlyMap<string, string>,
): Promise<void> {
  const { run, federation, participants, queue } = context;
  const { row, bases, strategyState } = live;
  const sumBounds = sumBoundsOf(federation, Math.max(row.cohort.length, row.quorum));
  const jobs = row.cohort.flatMap((participant) => {
    const pool = participants.poolOf(participant);
    if (pool === undefined) return [];
    const job: TrainJob = present({
      kind: 'train' as const,
      run: run.id,
      federation: federation.id,
      round: row.round,
      roundAttempt: row.roundAttempt,
      participant,
      bases: groupsFor(row, participant).map((group) => bases.find((each) => each.group === group)!.version),
      strategyState,
      model: federation.model,
      profile: federation.profile,
      training: { ...federation.training, localEpochs: run.localEpochs, seed: run.seed },
      strategy: federation.strategy ?? { key: 'fed-avg' },
      pipeline: federation.pipeline,
      sumBounds,
      numerics: run.numerics,
      lastCountedUpdate: lastCounted.get(participant),
    });
    return [{ pool, job }];
  });
  await queue.addRound({
    run: row.run,
    round: row.round,
    roundAttempt: row.roundAttempt,
    deadlineMs: live.deadline.remainingMs,
    jobs,
  });
  live.queued = true;
}
