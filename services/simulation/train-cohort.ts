import { readFileSync } from 'node:fs';
import type { Assignment, Strategy } from '../../learning/strategies/strategy.ts';
import type { TensorSpec } from '../../learning/weights/tensor.ts';
import { toCodedError } from '../../runtime/errors.ts';
import { keepsOwnState } from '../trainer/participant-state/keeps-own-state.ts';
import type { TrainTask } from '../trainer/training/messages.ts';
import { type CollectedUpdate, collectedUpdate } from './collected-update.ts';
import { decodeUpdate } from './decode-update.ts';
import type { MadeVersion, Refusal } from './round-record.ts';
import type { SimulationOptions } from './simulation-options.ts';

/** One participant's training. */
export interface Training {
  readonly assignment: Assignment;
  /** The round in which it was given the job. */
  readonly turn: number;
  readonly attempt: number;
  /** In the order of the assignment. */
  readonly bases: readonly MadeVersion[];
  /** Versions made since its base. */
  readonly staleness: number;
  /** sha256 of what it kept. */
  readonly state: string | undefined;
}

interface TrainingOf {
  readonly options: SimulationOptions;
  readonly strategy: Strategy;
  readonly seed: number;
  readonly specs: readonly TensorSpec[];
  /** sha256 of the file of the state that goes down, if the strategy sends one. */
  readonly strategyState: string | undefined;
}

/** What came of the trainings: updates in the order of participant ids, and who failed and why. */
export interface TrainedCohort {
  readonly updates: readonly CollectedUpdate[];
  readonly failed: readonly Refusal[];
  readonly trainedLoss: number;
}

/** Trains participants, as many at once as the pool has processes, and takes in what they send. */
export async function trainCohort(of: TrainingOf, trainings: readonly Training[]): Promise<TrainedCohort> {
  const done = await Promise.all(trainings.map((training) => trainOne(of, training)));
  const good = done.flatMap((each) => ('update' in each ? [each] : []));
  const examples = good.reduce((sum, { update }) => sum + update.facts.exampleCount, 0);
  const losses = good.reduce((sum, { update, loss }) => sum + loss * update.facts.exampleCount, 0);
  return {
    updates: good
      .map(({ update }) => update)
      .sort((one, other) => (one.participant < other.participant ? -1 : 1)),
    failed: done.flatMap((each) => ('refusal' in each ? [each.refusal] : [])),
    trainedLoss: examples === 0 ? 0 : losses / examples,
  };
}

async function trainOne(
  { options, strategy, seed, specs, strategyState }: TrainingOf,
  { assignment, turn, attempt, bases, staleness, state }: Training,
): Promise<{ update: CollectedUpdate; loss: number } | { refusal: Refusal }> {
  const { shelf, tasks, federation, participants, signal } = options;
  const { participant } = assignment;
  const updateFile = shelf.draft(`update-${participant}`);
  const nextStateFile = shelf.draft(`state-${participant}`);
  const task: TrainTask = {
    kind: 'train',
    run: 'simulation',
    round: turn,
    roundAttempt: attempt,
    participant,
    bases: bases.map(({ group, sha256 }) => ({ group, file: shelf.path(sha256), sha256 })),
    frozenFile: participants.find(({ id }) => id === participant)!.frozenFile,
    updateFile,
    model: federation.model,
    training: { ...federation.training, seed },
    strategy: federation.strategy ?? { key: 'fed-avg' },
    ...(strategyState !== undefined && { strategyStateFile: shelf.path(strategyState) }),
    ...(federation.pipeline !== undefined && { pipeline: federation.pipeline }),
    ...(keepsOwnState(strategy, federation.pipeline) && {
      nextStateFile,
      ...(state !== undefined && { stateFile: shelf.path(state) }),
    }),
  };
  try {
    const { trainedLoss } = await tasks.perform(task, signal === undefined ? {} : { signal });
    const sent = readFileSync(updateFile);
    const bytes = decodeUpdate(sent, specs, federation.pipeline, { seed, round: turn });
    const kept = { bytes, sentBytes: sent.byteLength, state: shelf.adopt(nextStateFile) };
    return { update: collectedUpdate(strategy, assignment, staleness, kept), loss: trainedLoss };
  } catch (thrown) {
    const { code, message } = toCodedError(thrown);
    // The others' work is sound; a participant that fails is one that a round goes on without.
    if (code !== 'E_TRAINING_DIVERGED' && !code.startsWith('E_UPDATE_')) throw thrown;
    return { refusal: { participant, code, message } };
  }
}
