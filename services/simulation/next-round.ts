import { type Cohort, chooseCohort } from '../../learning/cohort.ts';
import { randomStream } from '../../learning/random.ts';
import type { Assignment } from '../../learning/strategies/strategy.ts';
import { CodedError } from '../../runtime/errors.ts';
import { closeSimulated } from './close-simulated.ts';
import { receiveUpdates } from './receive-updates.ts';
import type { Refusal, RoundRecord } from './round-record.ts';
import type { SimulationContext } from './simulation.ts';
import { type Training, trainCohort } from './train-cohort.ts';

/** Does one round: chooses a cohort, trains it, and makes the next versions; below the quorum it is tried again. */
export async function nextRound(context: SimulationContext): Promise<RoundRecord> {
  const { options, strategy, standing, seed } = context;
  const round = standing.round + 1;
  const { maximumRoundAttempts = 3 } = options.federation;
  const refused: Refusal[] = [];
  const missed = new Set<string>();
  for (let attempt = 1; attempt <= maximumRoundAttempts; attempt++) {
    const { cohort, quorum } = cohortOf(context, round, missed);
    const trainings = assignmentsOf(context, round, cohort).map((assignment): Training => {
      return {
        assignment,
        turn: round,
        attempt,
        bases: assignment.groups.map((group) => standing.versionOf(group)),
        staleness: 0,
        state: standing.participants.get(assignment.participant),
      };
    });
    const { specs } = standing.open(standing.versionOf(standing.firstGroup));
    const strategyState = strategy.downloads.slots.length > 0 ? standing.state : undefined;
    const contributors = options.recorded?.get(round)?.contributors;
    const asked =
      contributors === undefined
        ? trainings
        : trainings.filter(({ assignment }) => contributors.includes(assignment.participant));
    const trained = await trainCohort({ options, strategy, seed, specs, strategyState }, asked);
    const received = await receiveUpdates(context, trained.updates, {
      round,
      cohortSize: cohort.length,
      specs,
    });
    const out = [...trained.failed, ...received.refused];
    refused.push(...out.map(({ participant, code, message }) => ({ participant, code, message })));
    if (received.updates.length < quorum) {
      for (const { participant } of out) missed.add(participant);
      continue;
    }
    return closeSimulated(context, {
      round,
      cohort,
      cohortSize: cohort.length,
      trainings,
      updates: received.updates,
      sent: trained.updates,
      refused,
      trainedLoss: trained.trainedLoss,
    });
  }
  const reason = refused.at(-1)?.message ?? 'too few updates';
  throw new CodedError('E_RUN_FAILED', `round ${round} stays below its quorum: ${reason}`);
}

function cohortOf({ options, seed }: SimulationContext, round: number, missed: ReadonlySet<string>): Cohort {
  const { federation, participants, recorded } = options;
  const { cohort: spec = { kind: 'all' }, quorum = { kind: 'fraction', of: 0.8 } } = federation;
  const known = recorded?.get(round);
  if (known !== undefined) return { cohort: known.cohort, quorum: 1, enough: true };
  const { minimumTrain = 1 } = federation.profile.examples;
  const chosen = chooseCohort({
    spec,
    quorum,
    admitted: participants.map(({ id }) => id),
    ready: new Set(
      participants.filter(({ trainExamples }) => trainExamples >= minimumTrain).map(({ id }) => id),
    ),
    missed,
    ...(spec.kind !== 'all' &&
      spec.by === 'data-size' && {
        weights: new Map(participants.map(({ id, trainExamples }) => [id, trainExamples])),
      }),
    ...(spec.kind !== 'all' &&
      spec.stratifyBy !== undefined && {
        strata: new Map(participants.map(({ id, attributes }) => [id, attributes[spec.stratifyBy!] ?? ''])),
      }),
    seed,
    round,
  });
  if (!chosen.enough) throw new CodedError('E_RUN_FAILED', `round ${round} cannot open: ${chosen.reason}`);
  return chosen;
}

/** Who downloads which groups' models. */
export function assignmentsOf(
  { options, strategy, standing, seed }: SimulationContext,
  round: number,
  cohort: readonly string[],
): readonly Assignment[] {
  const attributes = new Map(options.participants.map((each) => [each.id, each.attributes]));
  return strategy.plan(
    standing.strategyState([]),
    cohort.map((participant) => ({ participant, attributes: attributes.get(participant) ?? {} })),
    randomStream({ seed, round, participant: 'main', purpose: 'plan' }),
  );
}
