import fc from 'fast-check';
import { closeRound } from '../../learning/pipeline/close-round.ts';
import { streamReducer } from '../../learning/pipeline/stream-reducer.ts';
import { randomStream } from '../../learning/random.ts';
import { STRATEGY_KEYS, strategyOf } from '../../learning/strategies/index.ts';
import { writeSafetensors } from '../../learning/weights/safetensors.ts';
import { streamSafetensors } from '../../learning/weights/stream-safetensors.ts';
import { chunksOf, thrownBy } from './safetensors-samples.ts';
import { closeTestRound, type TestUpdate, vectors, versionOf } from './strategies/round-of.ts';

const fedAvg = strategyOf({ key: 'fed-avg' });

const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const anyUpdates = fc.uniqueArray(
  fc.record({
    participant: fc.string({ minLength: 1, maxLength: 3 }),
    exampleCount: fc.integer({ min: 1, max: 100_000 }),
    delta: fc.record({ w: fc.array(finite, { minLength: 3, maxLength: 3 }) }),
    cuts: fc.array(fc.nat(), { maxLength: 3 }),
  }),
  { selector: ({ participant }) => participant, minLength: 1, maxLength: 6 },
);

function average(base: readonly number[], updates: readonly TestUpdate[]): Promise<number[]> {
  return versionOf({ key: 'fed-avg' }, { base: { w: base }, updates }).then(({ w }) => w!);
}

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
    const next = await versionOf(
      { key: 'fed-avg' },
      {
        base: { kernel: [1, 10], bias: [0] },
        updates: [
          { participant: 'a', exampleCount: 1, delta: { kernel: [4, 0], bias: [8] } },
          { participant: 'b', exampleCount: 3, delta: { kernel: [0, -4], bias: [0] } },
        ],
      },
    );

    expect(next).toEqual({ kernel: [2, 7], bias: [2] });
  });

  it('makes of equal updates that update', async () => {
    await fc.assert(
      fc.asyncProperty(anyUpdates, async (updates) => {
        const { delta } = updates[0]!;

        const next = await average(
          [0, 0, 0],
          updates.map((update) => ({ ...update, delta })),
        );

        // A sum of 0 and -0 is 0, whose sign is of no consequence.
        expect(next).toEqual(delta.w.map((value) => value + 0));
      }),
    );
  });

  it('gives the same bits however the updates come in chunks', async () => {
    await fc.assert(
      fc.asyncProperty(anyUpdates, async (updates) => {
        const base = [0.1, 2, -3];
        const inOneChunk = updates.map((update) => ({ ...update, cuts: [] })).reverse();

        expect(await average(base, inOneChunk)).toEqual(await average(base, updates));
      }),
    );
  });

  it('stays within the smallest and the largest delta', async () => {
    await fc.assert(
      fc.asyncProperty(anyUpdates, async (updates) => {
        const next = await average([0, 0, 0], updates);

        for (const [index, value] of next.entries()) {
          const deltas = updates.map(({ delta }) => delta.w[index]!);
          expect(value).toBeGreaterThanOrEqual(Math.min(...deltas));
          expect(value).toBeLessThanOrEqual(Math.max(...deltas));
        }
      }),
    );
  });

  it.each<[string, Record<string, number[]>]>([
    ['lacks a tensor', {}],
    ['has a tensor of another shape', { w: [1, 2] }],
  ])('refuses a contribution that %s', async (_, delta) => {
    const given = [
      { participant: 'a', delta: { w: [1] } },
      { participant: 'b', delta },
    ];

    await expect(average([0], given)).rejects.toMatchObject({ code: 'E_UPDATE_SHAPES' });
  });

  it('refuses to make a version that is not finite', async () => {
    const given = [{ participant: 'a', delta: { w: [3e38] } }];

    await expect(average([3e38], given)).rejects.toMatchObject({ code: 'E_UPDATE_NOT_FINITE' });
  });

  it('gives no version of a contribution that was cut off', async () => {
    const tensor = { name: 'delta/w', shape: [1], values: Float32Array.of(1) };
    const file = writeSafetensors([tensor], {}).subarray(0, -1);
    const model = vectors({ w: 1 });

    const closing = closeRound({
      strategy: fedAvg,
      state: fedAvg.init(model).state,
      model,
      bases: new Map([['main', new Map([['w', new Float32Array(1)]])]]),
      contributions: [
        { participant: 'a', exampleCount: 1, group: 'main', staleness: 0, norm: 0, scalars: {} },
      ],
      participantCount: 1,
      random: randomStream({ seed: 1, round: 1, participant: 'main', purpose: 'buckets' }),
      reducer: streamReducer([{ participant: 'a', open: () => streamSafetensors(chunksOf([file])) }]),
    });

    await expect(closing).rejects.toMatchObject({ code: 'E_MALFORMED_SAFETENSORS' });
  });

  it.each<[string, TestUpdate[]]>([
    ['no contribution', []],
    [
      'two of one participant',
      [
        { participant: 'a', delta: { w: [1] } },
        { participant: 'a', delta: { w: [1] } },
      ],
    ],
    ['one without examples', [{ participant: 'a', exampleCount: 0, delta: { w: [1] } }]],
  ])('takes %s for a mistake of its caller', async (_, updates) => {
    await expect(closeTestRound(fedAvg, { updates })).rejects.toThrow(RangeError);
  });
});
