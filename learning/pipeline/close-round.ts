import { CodedError } from '../../runtime/errors.ts';
import { roundedFactor } from '../aggregation/factor.ts';
import { type Buckets, bucketsOf } from '../aggregation/reduction.ts';
import type { RandomStream } from '../random.ts';
import {
  type ContributionFacts,
  type GroupRound,
  MAIN_GROUP,
  type ModelTensor,
  type RoundResult,
  type Strategy,
  type StrategyState,
  type UpdatePart,
  type Values,
} from '../strategies/strategy.ts';
import { areFinite } from '../weights/tensor.ts';
import type { Reducer } from './reducer.ts';
import { updateTensors } from './update-tensors.ts';

/** A round that takes no more updates. */
export interface ClosedRound {
  readonly strategy: Strategy;
  /** That of the versions the round is based on. */
  readonly state: StrategyState;
  readonly model: readonly ModelTensor[];
  /** The current version of every group. */
  readonly bases: ReadonlyMap<string, Values>;
  /** In the order of participant ids, at least one. */
  readonly contributions: readonly ContributionFacts[];
  /** Admitted participants, whether in the cohort or not. */
  readonly participantCount: number;
  /** Keyed by the round; deals buckets. */
  readonly random: RandomStream;
  readonly reducer: Reducer;
}

/**
 * Turns a closed round into the groups' next versions. It knows no strategy: the same steps serve all of them, at the
 * aggregator and in a simulation. The same contributions give the same bits.
 * @throws CodedError `E_UPDATE_NOT_FINITE` if a version would not be finite; what the reducer throws. RangeError if there
 * is no contribution, two of a participant, or one without examples.
 */
export async function closeRound(round: ClosedRound): Promise<RoundResult> {
  const { strategy, state, model, participantCount, reducer } = round;
  refuseMistakes(round.contributions);
  const trainable = updateTensors(strategy, 'delta', model).filter(({ role }) => role === 'trainable');
  const all = round.contributions.map((_, index) => index);
  const norms = strategy.needs.includes('norms') ? await reducer.norms(trainable, all) : undefined;
  const contributions = round.contributions.map((facts, index) => ({ ...facts, norm: norms?.[index] ?? 0 }));
  const gram = strategy.needs.includes('similarities') ? await reducer.gram(trainable, all) : undefined;
  const names = strategy.groupsOf?.(state, contributions, gram) ?? all.map(() => MAIN_GROUP);
  const groups = new Map<string, GroupRound>();
  for (const name of [...new Set(names)].sort()) {
    const members = all.filter((index) => names[index] === name);
    groups.set(name, await reduceGroup({ ...round, contributions }, members));
  }
  const result = strategy.finish(state, { model, groups, participantCount });
  for (const version of result.versions.values()) refuseInfinite(version);
  return result;
}

async function reduceGroup(round: ClosedRound, members: readonly number[]): Promise<GroupRound> {
  const { strategy, model, bases, reducer } = round;
  const contributions = members.map((index) => round.contributions[index]!);
  const trainedFrom = [...new Set(contributions.map(({ group }) => group))];
  const base = trainedFrom.length === 1 ? bases.get(trainedFrom[0]!) : undefined;
  if (base === undefined) throw new RangeError(`one group trained from ${trainedFrom.join(' and ')}`);
  const means = new Map<UpdatePart, Values>();
  for (const part of strategy.parts) {
    const tensors = updateTensors(strategy, part, model);
    const { reduction } = strategy;
    if (reduction.kind === 'robust' && part === 'delta') {
      const rows = bucketsFor(round, members, reduction.bucketSize);
      means.set(part, await reducer.robust(tensors, reduction.rule, rows));
    } else {
      const weighted = members.map((index) => ({
        index,
        factor: roundedFactor(strategy.factor(round.contributions[index]!)),
      }));
      means.set(part, await reducer.mean(part, tensors, weighted));
    }
  }
  return { base, means, contributions };
}

function bucketsFor({ random }: ClosedRound, members: readonly number[], size: number): Buckets {
  return bucketsOf(size === 1 ? members : random.shuffle([...members]), size);
}

function refuseMistakes(contributions: readonly ContributionFacts[]): void {
  if (contributions.length === 0) throw new RangeError('there is no contribution to fold');
  contributions.forEach(({ participant, exampleCount }, index) => {
    const before = contributions[index - 1]?.participant;
    // By code units: an order by locale could differ from one machine to the next.
    if (before !== undefined && !(before < participant)) {
      throw new RangeError('contributions stand in the order of participant ids, one of each');
    }
    if (!Number.isSafeInteger(exampleCount) || exampleCount < 1) {
      throw new RangeError(`the exampleCount of ${participant} is an integer from 1`);
    }
  });
}

/** Finite updates can still add up to more than a 32-bit float holds. */
function refuseInfinite(version: ReadonlyMap<string, Float32Array>): void {
  for (const [path, values] of version) {
    if (areFinite(values)) continue;
    const message = `tensor ${path} of the next version would not be finite`;
    throw new CodedError('E_UPDATE_NOT_FINITE', message, { faults: [{ path, message }] });
  }
}
