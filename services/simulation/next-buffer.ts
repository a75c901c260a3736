import { chooseCohort } from '../../learning/cohort.ts';
import { randomStream } from '../../learning/random.ts';
import { CodedError } from '../../runtime/errors.ts';
import { closeSimulated } from './close-simulated.ts';
import { assignmentsOf } from './next-round.ts';
import { receiveUpdates } from './receive-updates.ts';
import type { MadeVersion, RoundRecord } from './round-record.ts';
import type { Underway } from './shelf.ts';
import type { SimulationContext } from './simulation.ts';
import { type Training, trainCohort } from './train-cohort.ts';

/**
 * Makes the next version of an asynchronous run: of the updates that arrive first, whatever version they trained. Time is
 * simulated: a participant takes as long as its examples, times a speed of its own and a luck of each training. Those
 * whose updates counted begin anew from the new version.
 */
export async function nextBuffer(context: SimulationContext): Promise<RoundRecord> {
  const { options, strategy, standing, seed } = context;
  const round = standing.round + 1;
  const { trigger } = strategy;
  if (trigger.kind !== 'buffer') throw new RangeError(`${strategy.key} has rounds`);
  if (standing.underway.length === 0) standing.underway = started(context, firstOnes(context), new Map(), 0);
  const inOrder = standing.underway.toSorted(
    (one, other) => one.arrives - other.arrives || (one.participant < other.participant ? -1 : 1),
  );
  const arrived = inOrder.slice(0, trigger.of);
  const last = arrived.at(-1);
  if (last === undefined || arrived.length < trigger.of) {
    const message = `a buffer of ${trigger.of} updates needs as many participants, ${arrived.length} train`;
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
  const received = await receiveUpdates(context, trained.updates, { round, cohortSize: trigger.of, specs });
  const refused = [...trained.failed, ...received.refused];
  if (received.updates.length === 0) {
    throw new CodedError('E_RUN_FAILED', `no update of version ${round} counts: ${refused[0]?.message}`);
  }
  const record = await closeSimulated(context, {
    round,
    cohort: arrived.map(({ participant }) => participant).sort(),
    trainings,
    updates: received.updates,
    sent: trained.updates,
    refused,
    trainedLoss: trained.trainedLoss,
  });
  const turns = new Map(arrived.map(({ participant, turn }) => [participant, turn]));
  standing.underway = [
    ...inOrder.slice(trigger.of),
    ...started(context, [...turns.keys()], turns, last.arrives),
  ];
  return record;
}

/** Those who train at the same time all along: the cohort of round 1. */
function firstOnes({ options, seed }: SimulationContext): readonly string[] {
  const { federation, participants } = options;
  const ids = participants.map(({ id }) => id);
  const { cohort: spec = { kind: 'all' } } = federation;
  const quorum = { kind: 'count', of: 1 } as const;
  return chooseCohort({ spec, quorum, admitted: ids, ready: new Set(ids), seed, round: 1 }).cohort;
}

function started(
  context: SimulationContext,
  who: readonly string[],
  turns: ReadonlyMap<string, number>,
  now: number,
): Underway[] {
  const { standing, seed, options } = context;
  const sizes = new Map(options.participants.map(({ id, trainExamples }) => [id, trainExamples]));
  return assignmentsOf(context, standing.round + 1, who).map(({ participant, groups }) => {
    const turn = (turns.get(participant) ?? 0) + 1;
    const base: MadeVersion = standing.versionOf(groups[0]!);
    const slowness = 1 + 3 * randomStream({ seed, round: 0, participant, purpose: 'speed' }).uniform();
    const luck = 0.5 + randomStream({ seed, round: turn, participant, purpose: 'speed' }).uniform();
    const arrives = now + sizes.get(participant)! * slowness * luck;
    return { participant, turn, group: groups[0]!, base, arrives };
  });
}
