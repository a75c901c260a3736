import fc from 'fast-check';
import type { Contribution } from '../../learning/aggregation/fold-contributions.ts';
import { STRATEGY_KEYS, strategyOf } from '../../learning/strategies/index.ts';
import { writeSafetensors } from '../../learning/weights/safetensors.ts';
import { streamSafetensors } from '../../learning/weights/stream-safetensors.ts';
import type { Tensor } from '../../learning/weights/tensor.ts';
import { chunksOf, cutAt, thrownBy } from './safetensors-samples.ts';

const fedAvg = strategyOf({ key: 'fed-avg' });

function vector(...values: number[]): Tensor {
  return { shape: [values.length], values: Float32Array.from(values) };
}

function contribution(
  participant: string,
  exampleCount: number,
  deltas: Record<string, Tensor>,
  cuts: readonly number[] = [],
): Contribution {
  const tensors = Object.entries(deltas).map(([name, tensor]) => ({ name: `delta/${name}`, ...tensor }));
  const file = writeSafetensors(tensors, {});
  return { participant, exampleCount, open: () => streamSafetensors(chunksOf(cutAt(file, cuts))) };
}

async function average(
  base: Record<string, Tensor>,
  contributions: readonly Contribution[],
): Promise<number[][]> {
  const { tensors } = await fedAvg.aggregate({ base: new Map(Object.entries(base)), contributions });
  return tensors.map(({ values }) => [...values]);
}

const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const anyContributions = fc.uniqueArray(
  fc.record({
    participant: fc.string({ minLength: 1, maxLength: 3 }),
    exampleCount: fc.integer({ min: 1, max: 100_000 }),
    deltas: fc.array(finite, { minLength: 3, maxLength: 3 }),
    cuts: fc.array(fc.nat(), { maxLength: 3 }),
  }),
  { selector: ({ participant }) => participant, minLength: 1, maxLength: 6 },
);

describe('strategyOf', () => {
  it('knows fed-avg', () => {
    expect(STRATEGY_KEYS).toContain('fed-avg');
    expect(fedAvg).toMatchObject({ key: 'fed-avg', parts: ['delta'] });
  });

  it('names the known strategies when it refuses another', () => {
    const error = thrownBy(() => strategyOf({ key: 'fed-magic' }));

    expect(error.code).toBe('E_UNKNOWN_STRATEGY');
    expect(error.message).toContain('fed-avg');
  });

  it.each(['constructor', '__proto__'])('does not take %s for a strategy', (key) => {
    expect(thrownBy(() => strategyOf({ key })).code).toBe('E_UNKNOWN_STRATEGY');
  });

  it('refuses an option that the strategy does not have', () => {
    const error = thrownBy(() => strategyOf({ key: 'fed-avg', momentum: 0.9 }));

    expect(error).toMatchObject({
      code: 'E_INVALID_INPUT',
      faults: [{ path: '/strategy/momentum', message: 'unknown key' }],
    });
  });
});

describe('fed-avg', () => {
  it('adds the mean of the deltas, weighted by their example counts', async () => {
    const base = { kernel: vector(1, 10), bias: vector(0) };

    const next = await average(base, [
      contribution('a', 1, { kernel: vector(4, 0), bias: vector(8) }),
      contribution('b', 3, { kernel: vector(0, -4), bias: vector(0) }),
    ]);

    expect(next).toEqual([[2, 7], [2]]);
  });

  it('reports the examples behind the version and leaves the base as it was', async () => {
    const base = new Map([['w', vector(1)]]);

    const { exampleCount } = await fedAvg.aggregate({
      base,
      contributions: [contribution('a', 4, { w: vector(1) }), contribution('b', 5, { w: vector(2) })],
    });

    expect(exampleCount).toBe(9);
    expect(base.get('w')).toEqual(vector(1));
  });

  it('makes of equal updates that update', async () => {
    await fc.assert(
      fc.asyncProperty(anyContributions, async (contributions) => {
        const deltas = contributions[0]!.deltas;

        const next = await average(
          { w: vector(0, 0, 0) },
          contributions.map(({ participant, exampleCount, cuts }) =>
            contribution(participant, exampleCount, { w: vector(...deltas) }, cuts),
          ),
        );

        // A sum of 0 and -0 is 0, whose sign is of no consequence.
        expect(next).toEqual([deltas.map((delta) => delta + 0)]);
      }),
    );
  });

  it('gives the same bits whatever the order of the contributions and their chunks', async () => {
    await fc.assert(
      fc.asyncProperty(anyContributions, fc.nat(), async (contributions, rotation) => {
        const given = contributions.map(({ participant, exampleCount, deltas, cuts }) =>
          contribution(participant, exampleCount, { w: vector(...deltas) }, cuts),
        );
        const inOneChunk = contributions.map(({ participant, exampleCount, deltas }) =>
          contribution(participant, exampleCount, { w: vector(...deltas) }),
        );
        const start = rotation % given.length;
        const permuted = [...inOneChunk.slice(start), ...inOneChunk.slice(0, start)].reverse();
        const base = { w: vector(0.1, 2, -3) };

        expect(await average(base, permuted)).toEqual(await average(base, given));
      }),
    );
  });

  it('stays within the smallest and the largest delta', async () => {
    await fc.assert(
      fc.asyncProperty(anyContributions, async (contributions) => {
        const [next] = await average(
          { w: vector(0, 0, 0) },
          contributions.map(({ participant, exampleCount, deltas }) =>
            contribution(participant, exampleCount, { w: vector(...deltas) }),
          ),
        );

        for (const [index, value] of next!.entries()) {
          const deltas = contributions.map((each) => each.deltas[index]!);
          expect(value).toBeGreaterThanOrEqual(Math.min(...deltas));
          expect(value).toBeLessThanOrEqual(Math.max(...deltas));
        }
      }),
    );
  });

  it.each<[string, Record<string, Tensor>]>([
    ['lacks a tensor', {}],
    ['has a tensor of another shape', { w: vector(1, 2) }],
  ])('refuses a contribution that %s', async (_, deltas) => {
    const given = [contribution('a', 1, { w: vector(1) }), contribution('b', 1, deltas)];

    await expect(average({ w: vector(0) }, given)).rejects.toMatchObject({ code: 'E_UPDATE_SHAPES' });
  });

  it('refuses to make a version that is not finite', async () => {
    const given = [contribution('a', 1, { w: vector(3e38) })];

    await expect(average({ w: vector(3e38) }, given)).rejects.toMatchObject({ code: 'E_UPDATE_NOT_FINITE' });
  });

  it('gives no version of a contribution that was cut off', async () => {
    const file = writeSafetensors([{ name: 'delta/w', ...vector(1) }], {}).subarray(0, -1);
    const given: Contribution = {
      participant: 'a',
      exampleCount: 1,
      open: () => streamSafetensors(chunksOf([file])),
    };

    await expect(average({ w: vector(0) }, [given])).rejects.toMatchObject({
      code: 'E_MALFORMED_SAFETENSORS',
    });
  });

  it.each<[string, Contribution[]]>([
    ['no contribution', []],
    [
      'two of one participant',
      [contribution('a', 1, { w: vector(1) }), contribution('a', 1, { w: vector(1) })],
    ],
    ['one without examples', [contribution('a', 0, { w: vector(1) })]],
  ])('takes %s for a mistake of its caller', async (_, given) => {
    await expect(average({ w: vector(0) }, given)).rejects.toThrow(RangeError);
  });
});
