import { closeRound } from '../../../learning/pipeline/close-round.ts';
import { streamReducer } from '../../../learning/pipeline/stream-reducer.ts';
import { randomStream } from '../../../learning/random.ts';
import { strategyOf } from '../../../learning/strategies/index.ts';
import type {
  ContributionFacts,
  ModelTensor,
  RoundResult,
  Strategy,
  StrategySpec,
  StrategyState,
  UpdatePart,
} from '../../../learning/strategies/strategy.ts';
import { writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { streamSafetensors } from '../../../learning/weights/stream-safetensors.ts';
import { chunksOf, cutAt } from '../safetensors-samples.ts';

type Numbers = readonly number[];

/** Values of tensors by name. */
export type Tensors = Readonly<Record<string, Numbers>>;

/** A contribution in a test: small numbers, and what else its strategy wants. */
export interface TestUpdate extends Partial<ContributionFacts> {
  readonly participant: string;
  readonly delta: Tensors;
  readonly parts?: Partial<Record<Exclude<UpdatePart, 'delta'>, Tensors>>;
  readonly cuts?: readonly number[];
}

export interface TestRound {
  readonly model?: readonly ModelTensor[];
  readonly bases?: Readonly<Record<string, Tensors>>;
  readonly base?: Tensors;
  readonly updates: readonly TestUpdate[];
  readonly state?: StrategyState;
  readonly participantCount?: number;
}

/** A model of trainable vectors of these lengths. */
export function vectors(lengths: Readonly<Record<string, number>>): ModelTensor[] {
  return Object.entries(lengths).map(([name, length]) => ({ name, shape: [length], role: 'trainable' }));
}

/** Closes a round over updates written to files and read back. */
export function closeTestRound(strategy: Strategy, round: TestRound): Promise<RoundResult> {
  const bases = round.bases ?? { main: round.base ?? { w: [0] } };
  const first = Object.values(bases)[0]!;
  const model =
    round.model ??
    vectors(Object.fromEntries(Object.entries(first).map(([name, { length }]) => [name, length])));
  const updates = round.updates.toSorted((one, other) => (one.participant < other.participant ? -1 : 1));
  return closeRound({
    strategy,
    state: round.state ?? strategy.init(model).state,
    model,
    bases: new Map(Object.entries(bases).map(([group, tensors]) => [group, floats(tensors)])),
    contributions: updates.map((update) => ({
      participant: update.participant,
      exampleCount: update.exampleCount ?? 1,
      group: update.group ?? 'main',
      staleness: update.staleness ?? 0,
      norm: 0,
      scalars: update.scalars ?? {},
    })),
    participantCount: round.participantCount ?? updates.length,
    random: randomStream({ seed: 1, round: 1, participant: 'main', purpose: 'buckets' }),
    reducer: streamReducer(
      updates.map((update) => ({ participant: update.participant, open: () => openUpdate(update) })),
    ),
  });
}

/** The version that one round of a strategy makes for a group, as plain numbers. */
export async function versionOf(
  spec: StrategySpec,
  round: TestRound,
  group = 'main',
): Promise<Record<string, number[]>> {
  const { versions } = await closeTestRound(strategyOf(spec), round);
  return plain(versions.get(group)!);
}

export function plain(values: ReadonlyMap<string, Float32Array>): Record<string, number[]> {
  return Object.fromEntries([...values].map(([name, some]) => [name, [...some]]));
}

function floats(tensors: Tensors): Map<string, Float32Array> {
  return new Map(Object.entries(tensors).map(([name, values]) => [name, Float32Array.from(values)]));
}

function openUpdate({ delta, parts = {}, cuts = [] }: TestUpdate) {
  const tensors = Object.entries({ delta, ...parts }).flatMap(([part, values]) =>
    [...floats(values)].map(([name, some]) => ({
      name: `${part}/${name}`,
      shape: [some.length],
      values: some,
    })),
  );
  return streamSafetensors(chunksOf(cutAt(writeSafetensors(tensors, {}), cuts)));
}
