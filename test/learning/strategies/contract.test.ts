import { closeRound } from '../../../learning/pipeline/close-round.ts';
import { contributionFacts } from '../../../learning/pipeline/contribution-facts.ts';
import { streamReducer } from '../../../learning/pipeline/stream-reducer.ts';
import { updateTensors } from '../../../learning/pipeline/update-tensors.ts';
import { type RandomStream, randomStream } from '../../../learning/random.ts';
import { STRATEGY_KEYS, strategyOf } from '../../../learning/strategies/index.ts';
import type {
  Assignment,
  ModelTensor,
  ReducedRound,
  RoundResult,
  Strategy,
  Values,
} from '../../../learning/strategies/strategy.ts';
import { decodeState, encodeState } from '../../../learning/strategies/strategy-state.ts';
import { writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { streamSafetensors } from '../../../learning/weights/stream-safetensors.ts';
import { chunksOf } from '../safetensors-samples.ts';
import { SPECS } from './specs.ts';

const MODEL: readonly ModelTensor[] = [
  { name: 'dense/kernel', shape: [2, 3], role: 'trainable' },
  { name: 'dense/bias', shape: [3], role: 'trainable' },
  { name: 'norm/gamma', shape: [3], role: 'trainable' },
  { name: 'norm/mean', shape: [3], role: 'statistic' },
  { name: 'head/kernel', shape: [3, 2], role: 'trainable' },
];

const PARTICIPANTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((participant, index) => ({
  participant,
  attributes: { site: index < 4 ? 'north' : 'south' },
}));

type Groups = ReadonlyMap<string, Values>;

/** Bases of all groups that the assignments name; a group that has none yet starts as `main` does. */
function basesOf(versions: Groups, assignments: readonly Assignment[], initial: Values): Groups {
  const bases = new Map(versions);
  for (const group of assignments.flatMap(({ groups }) => groups)) {
    if (!bases.has(group)) bases.set(group, versions.get('main') ?? initial);
  }
  return bases;
}

function draw(length: number, random: RandomStream): Float32Array {
  return Float32Array.from({ length }, () => random.normal() / 4);
}

interface Played extends RoundResult {
  readonly assignments: readonly Assignment[];
}

/** One round in which every participant sends what the strategy declares, drawn at random. */
async function play(
  strategy: Strategy,
  versions: Groups,
  before: RoundResult['state'],
  round: number,
): Promise<Played> {
  const stream = (participant: string, purpose: string) =>
    randomStream({ seed: 7, round, participant, purpose });
  const assignments = strategy.plan(before, PARTICIPANTS, stream('main', 'plan'));
  const updates = assignments.map(({ participant, groups }) => {
    const random = stream(participant, 'update');
    const tensors = strategy.parts.flatMap((part) =>
      updateTensors(strategy, part, MODEL).map(({ name, shape }) => ({
        name: `${part}/${name}`,
        shape,
        values: draw(
          shape.reduce((product, dimension) => product * dimension, 1),
          random,
        ),
      })),
    );
    const file = writeSafetensors(tensors, {});
    const scalars = {
      localSteps: 1 + random.integer(5),
      baseLoss: random.uniform(),
      group: random.integer(groups.length),
    };
    return { participant, exampleCount: 1 + random.integer(9), scalars, file };
  });
  const initial = new Map(
    MODEL.map(({ name, shape }) => [name, new Float32Array(shape.reduce((a, b) => a * b, 1))]),
  );
  const result = await closeRound({
    strategy,
    state: before,
    model: MODEL,
    bases: basesOf(versions, assignments, initial),
    contributions: updates.map((update, index) =>
      contributionFacts(
        strategy,
        update,
        assignments[index]!,
        strategy.trigger.kind === 'buffer' ? index % 3 : 0,
      ),
    ),
    participantCount: 10,
    random: stream('main', 'buckets'),
    reducer: streamReducer(
      updates.map(({ participant, file }) => ({
        participant,
        open: () => streamSafetensors(chunksOf([file])),
      })),
    ),
  });
  return { ...result, assignments };
}

/** `versions` after so many rounds, the state stored and read between two of them. */
async function rounds(
  strategy: Strategy,
  count: number,
): Promise<{ versions: Groups; state: RoundResult['state'] }> {
  const random = randomStream({ seed: 7, round: 0, participant: 'main', purpose: 'initial' });
  const { state: first, groups } = strategy.init(MODEL);
  let versions: Groups = new Map(
    groups.map(({ group }) => [
      group,
      new Map(
        MODEL.map(({ name, shape }) => [
          name,
          draw(
            shape.reduce((a, b) => a * b, 1),
            random,
          ),
        ]),
      ),
    ]),
  );
  let state = first;
  for (let round = 1; round <= count; round++) {
    const played = await play(strategy, versions, state, round);
    versions = new Map([...versions, ...played.versions]);
    state = decodeState(encodeState(played.state, MODEL));
  }
  return { versions, state };
}

describe('the suite', () => {
  it('has every strategy', () => {
    expect(SPECS.map(({ key }) => key).sort()).toEqual([...STRATEGY_KEYS].sort());
  });
});

describe.each(SPECS)('$key keeps the contract of strategies:', (spec) => {
  it('is named by its key and declares at least one part and one download', () => {
    const strategy = strategyOf(spec);

    expect(strategy.key).toBe(spec.key);
    expect(strategy.parts.length).toBeGreaterThan(0);
    expect(strategy.downloads.models).toBeGreaterThan(0);
  });

  it('refuses an option that it does not have', () => {
    expect(() => strategyOf({ ...spec, unknown: 1 })).toThrow(
      expect.objectContaining({ code: 'E_INVALID_INPUT' }),
    );
  });

  it('assigns every participant as many models as it says', () => {
    const strategy = strategyOf(spec);
    const random = randomStream({ seed: 1, round: 1, participant: 'main', purpose: 'plan' });

    const assignments = strategy.plan(strategy.init(MODEL).state, PARTICIPANTS, random);

    expect(assignments.map(({ participant }) => participant)).toEqual(
      PARTICIPANTS.map(({ participant }) => participant),
    );
    for (const { groups } of assignments) expect(groups).toHaveLength(strategy.downloads.models);
  });

  it('makes complete finite versions over three rounds, with the state stored in between', async () => {
    const { versions, state } = await rounds(strategyOf(spec), 3);

    expect(state.rounds).toBe(3);
    for (const version of versions.values()) {
      expect([...version.keys()]).toEqual(MODEL.map(({ name }) => name));
      for (const values of version.values()) expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it('gives the same bits again, and leaves what it was given as it was', async () => {
    expect(await rounds(strategyOf(spec), 2)).toEqual(await rounds(strategyOf(spec), 2));
  });

  it('leaves tensors that stay with the participants as the base has them', async () => {
    const strategy = strategyOf(spec);
    const one = await rounds(strategy, 1);
    const two = await rounds(strategy, 2);

    for (const tensor of MODEL.filter((each) => strategy.isLocal?.(each, MODEL) === true)) {
      expect(two.versions.get('main')?.get(tensor.name)).toEqual(one.versions.get('main')?.get(tensor.name));
    }
  });

  it('gives piece by piece what it gives at once', async () => {
    const strategy = strategyOf(spec);
    const captured: { state: RoundResult['state']; round: ReducedRound }[] = [];
    const watched: Strategy = {
      ...strategy,
      finish: (state, round) => {
        captured.push({ state, round });
        return strategy.finish(state, round);
      },
    };
    await rounds(watched, 2);
    // The second round's tensors came one by one, after the outline of both rounds.
    const { state, round } = together(captured.slice(-MODEL.length));

    const whole = strategy.finish(state, round);
    const pieces = [0, 1].map((half) => strategy.finish(halfOfState(state, half), halfOfRound(round, half)));

    for (const [group, version] of whole.versions) {
      const joined = pieces.map((piece) => piece.versions.get(group)!);
      expect(joinedValues(joined)).toEqual(new Map(version));
    }
    for (const [slot, values] of whole.state.slots) {
      expect(joinedValues(pieces.map((piece) => piece.state.slots.get(slot)!))).toEqual(new Map(values));
    }
    for (const piece of pieces) expect(piece.state.groups).toEqual(whole.state.groups);
  });
});

/** Calls for one tensor each as the call for all of them that they stand for. */
function together(calls: readonly { state: RoundResult['state']; round: ReducedRound }[]) {
  const merged = <Value>(maps: readonly (ReadonlyMap<string, Value> | undefined)[]) =>
    new Map(maps.flatMap((map) => [...(map ?? [])]));
  const { state, round } = calls[0]!;
  const slots = [...state.slots.keys()].map(
    (slot) => [slot, merged(calls.map((call) => call.state.slots.get(slot)))] as const,
  );
  const groups = [...round.groups].map(([name, group]) => {
    const all = calls.map((call) => call.round.groups.get(name)!);
    const means = [...group.means.keys()].map(
      (part) => [part, merged(all.map((each) => each.means.get(part)))] as const,
    );
    return [name, { ...group, base: merged(all.map(({ base }) => base)), means: new Map(means) }] as const;
  });
  return {
    state: { ...state, slots: new Map(slots) },
    round: { ...round, model: MODEL, groups: new Map(groups) },
  };
}

function half<Numbers extends Float32Array | Float64Array>(values: Numbers, which: number): Numbers {
  const middle = Math.ceil(values.length / 2);
  // A slice of an array is of the array's own type.
  return (which === 0 ? values.slice(0, middle) : values.slice(middle)) as Numbers;
}

function halfOfValues<Numbers extends Float32Array | Float64Array>(
  values: ReadonlyMap<string, Numbers>,
  which: number,
): Map<string, Numbers> {
  return new Map([...values].map(([name, some]) => [name, half(some, which)]));
}

function halfOfState(state: RoundResult['state'], which: number): RoundResult['state'] {
  return {
    ...state,
    slots: new Map([...state.slots].map(([slot, values]) => [slot, halfOfValues(values, which)])),
  };
}

function halfOfRound(round: ReducedRound, which: number): ReducedRound {
  const groups = [...round.groups].map(([name, group]) => {
    const means = new Map([...group.means].map(([part, values]) => [part, halfOfValues(values, which)]));
    return [name, { ...group, base: halfOfValues(group.base, which), means }] as const;
  });
  return { ...round, groups: new Map(groups) };
}

function joinedValues(pieces: readonly ReadonlyMap<string, Float32Array>[]): Map<string, Float32Array> {
  const [first, second] = pieces as [ReadonlyMap<string, Float32Array>, ReadonlyMap<string, Float32Array>];
  return new Map(
    [...first].map(([name, values]) => [name, Float32Array.of(...values, ...second.get(name)!)]),
  );
}
