import { roundedFactor } from '../aggregation/factor.ts';
import { type Buckets, bucketsOf } from '../aggregation/reduction.ts';
import type { RandomStream } from '../random.ts';
import {
  type ContributionFacts,
  MAIN_GROUP,
  type ModelTensor,
  type Strategy,
  type StrategyState,
  type UpdatePart,
} from '../strategies/strategy.ts';
import type { Reducer } from './reducer.ts';
import type { TensorSource } from './tensor-source.ts';
import { updateTensors } from './update-tensors.ts';

/** A round that takes no more updates. */
export interface CollectedRound {
  readonly strategy: Strategy;
  /** That of the versions the round is based on. */
  readonly state: Omit<StrategyState, 'slots'>;
  readonly model: readonly ModelTensor[];
  /** In the order of participant ids, at least one. */
  readonly contributions: readonly ContributionFacts[];
  /** Keyed by the round; deals buckets. */
  readonly random: RandomStream;
  readonly reducer: Reducer;
}

/** A part's means, for those tensors that it has. */
export interface ReducedPart {
  readonly tensors: ReadonlySet<string>;
  readonly means: TensorSource;
}

/** What is left of a group's contributions. */
export interface ReducedGroup {
  /** The group whose version they all trained from. */
  readonly trainedFrom: string;
  readonly parts: ReadonlyMap<UpdatePart, ReducedPart>;
  readonly contributions: readonly ContributionFacts[];
}

/**
 * Reduces the contributions of a closed round, group by group. It knows no strategy: the same steps serve all of them, at
 * the aggregator and in a simulation.
 * @throws CodedError what the reducer throws. RangeError if there is no contribution, two of a participant, or one without
 * examples.
 */
export async function reduceRound(round: CollectedRound): Promise<ReadonlyMap<string, ReducedGroup>> {
  const { strategy, state, model, reducer } = round;
  refuseMistakes(round.contributions);
  const trainable = updateTensors(strategy, 'delta', model).filter(({ role }) => role === 'trainable');
  const all = round.contributions.map((_, index) => index);
  const norms = strategy.needs.includes('norms') ? await reducer.norms(trainable, all) : undefined;
  const contributions = round.contributions.map((facts, index) => ({ ...facts, norm: norms?.[index] ?? 0 }));
  const gram = strategy.needs.includes('similarities') ? await reducer.gram(trainable, all) : undefined;
  const names = strategy.groupsOf?.(state, contributions, gram) ?? all.map(() => MAIN_GROUP);
  const groups = new Map<string, ReducedGroup>();
  for (const name of [...new Set(names)].sort()) {
    const members = all.filter((index) => names[index] === name);
    groups.set(name, await reduceGroup({ ...round, contributions }, members));
  }
  return groups;
}

async function reduceGroup(round: CollectedRound, members: readonly number[]): Promise<ReducedGroup> {
  const { strategy, model, reducer } = round;
  const contributions = members.map((index) => round.contributions[index]!);
  const [trainedFrom, ...others] = new Set(contributions.map(({ group }) => group));
  if (others.length > 0)
    throw new RangeError(`one group trained from ${trainedFrom} and ${others.join(', ')}`);
  const parts = new Map<UpdatePart, ReducedPart>();
  for (const part of strategy.parts) {
    const tensors = updateTensors(strategy, part, model);
    parts.set(part, {
      tensors: new Set(tensors.map(({ name }) => name)),
      means: await reducePart(round, members, part, tensors, reducer),
    });
  }
  return { trainedFrom: trainedFrom!, parts, contributions };
}

function reducePart(
  round: CollectedRound,
  members: readonly number[],
  part: UpdatePart,
  tensors: readonly ModelTensor[],
  reducer: Reducer,
): Promise<TensorSource> {
  const { strategy } = round;
  const { reduction } = strategy;
  if (reduction.kind === 'robust' && part === 'delta') {
    return reducer.robust(tensors, reduction.rule, bucketsFor(round, members, reduction.bucketSize));
  }
  const weighted = members.map((index) => ({
    index,
    factor: roundedFactor(strategy.factor(round.contributions[index]!)),
  }));
  return reducer.mean(part, tensors, weighted);
}

function bucketsFor({ random }: CollectedRound, members: readonly number[], size: number): Buckets {
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
