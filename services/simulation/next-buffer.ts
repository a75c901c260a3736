import { type CohortSpec, chooseCohort } from '../../learning/cohort.ts';
import { randomStream } from '../../learning/random.ts';
import { CodedError } from '../../runtime/errors.ts';
import { closeSimulated } from './close-simulated.ts';
import { assignmentsOf } from './next-round.ts';
import { receiveUpdates } from './receive-updates.ts';
import type { RoundRecord } from './round-record.ts';
import type { Underway } from './shelf.ts';
import type { SimulationContext } from './simulation.ts';
import { type Training, trainCohort } from './train-cohort.ts';

/**
 * Makes the next version of an asynchronous run: gives those a job who have none, and takes the updates that arrive first,
 * whatever version they trained. Time is simulated: a participant takes as long as its examples, times a slowness of its
 * own and a luck of each training. Recorded arrivals are taken as they were.
 */
export async function nextBuffer(context: SimulationContext): Promise<RoundRecord> {
  const { options, strategy, standing, seed } = context;
  const round = standing.round + 1;
  const { trigger } = strategy;
  if (trigger.kind !== 'buffer') throw new RangeError(`${strategy.key} has rounds`);
  const recorded = options.recorded?.get(round);
  const given = recorded?.cohort ?? chosen(context, round);
  const underway = [...standing.underway, ...started(context, given, round)].sort(
    (one, other) => one.arrives - other.arrives || (one.participant < other.participant ? -1 : 1),
  );
  const arrived =
    recorded === undefined
      ? underway.slice(0, trigger.of)
      : underway.filter(({ participant }) => recorded.contributors.includes(participant));
  const last = arrived.at(-1);
  if (last === undefined || arrived.length < trigger.of) {
    const message = `a version is made of ${trigger.of} updates, and ${arrived.length} can come`;
    throw new CodedError('E_RUN_FAILED', message);
  }
  const trainings = arrived.map(({ participant, turn, group, base }): Training => {
    return {
      assignment: { participant, groups: [group] },
      turn,
      attempt: 1,
      bases: [base],
      staleness: standing.versionOf(group).number - base.number,
      state: standing.participants.get(participant),
    };
  });
  const { specs } = standing.open(standing.versionOf(standing.firstGroup));
  const strategyState = strategy.downloads.slots.length > 0 ? standing.state : undefined;
  const trained = await trainCohort({ options, strategy, seed, specs, strategyState }, trainings);
  const cohortSize = Math.max(given.length, trigger.of);
  const received = await receiveUpdates(context, trained.updates, { round, cohortSize, specs });
  const refused = [...trained.failed, ...received.refused];
  if (received.updates.length === 0) {
    throw new CodedError('E_RUN_FAILED', `no update of version ${round} counts: ${refused[0]?.message}`);
  }
  const record = await closeSimulated(context, {
    round,
    cohort: given,
    cohortSize,
    trainings,
    updates: received.updates,
    sent: trained.updates,
    refused,
    trainedLoss: trained.trainedLoss,
  });
  standing.underway = underway.filter((each) => !arrived.includes(each));
  standing.now = last.arrives;
  return record;
}

/** Of those who have no job as many as the federation lets train at a time. */
function chosen({ options, standing, seed }: SimulationContext, round: number): readonly string[] {
  const { federation, participants } = options;
  const { minimumTrain = 1 } = federation.profile.examples;
  const busy = new Set(standing.underway.map(({ participant }) => participant));
  const idle = participants.filter(({ id, trainExamples }) => trainExamples >= minimumTrain && !busy.has(id));
  const room = roomOf(federation.cohort ?? { kind: 'all' }, participants.length) - busy.size;
  if (room < 1 || idle.length === 0) return [];
  return chooseCohort({
    spec: { kind: 'count', of: room },
    quorum: { kind: 'count', of: 1 },
    admitted: participants.map(({ id }) => id),
    ready: new Set(idle.map(({ id }) => id)),
    seed,
    round,
  }).cohort;
}

/** How many train at a time. */
function roomOf(spec: CohortSpec, participants: number): number {
  switch (spec.kind) {
    case 'all':
      return participants;
    case 'count':
      return Math.min(spec.of, participants);
    case 'fraction':
      return Math.ceil(spec.of * participants - 1e-9);
    default:
      return spec satisfies never;
  }
}

function started(context: SimulationContext, who: readonly string[], round: number): Underway[] {
  const { standing, seed, options } = context;
  const sizes = new Map(options.participants.map(({ id, trainExamples }) => [id, trainExamples]));
  return assignmentsOf(context, round, who).map(({ participant, groups: [group] }) => {
    const slowness = 1 + 3 * randomStream({ seed, round: 0, participant, purpose: 'speed' }).uniform();
    const luck = 0.5 + randomStream({ seed, round, participant, purpose: 'speed' }).uniform();
    const arrives = standing.now + sizes.get(participant)! * slowness * luck;
    return { participant, turn: round, group: group!, base: standing.versionOf(group!), arrives };
  });
}
