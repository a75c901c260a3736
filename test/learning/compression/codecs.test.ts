import fc from 'fast-check';
import { applyDelta, compressVersion } from '../../../learning/compression/compress-version.ts';
import {
  plainArrays,
  readCompressed,
  sharedStream,
  writeCompressed,
} from '../../../learning/compression/compressed-file.ts';
import { encodeWithFeedback } from '../../../learning/compression/error-feedback.ts';
import { CODEC_KEYS, codecOf } from '../../../learning/compression/index.ts';
import { randomStream } from '../../../learning/random.ts';

const SHARED = { seed: 3, round: 2 };
const stream = (purpose = 'rounding') => randomStream({ seed: 3, round: 2, participant: 'a', purpose });
const shared = () => sharedStream(SHARED, 'w');

function decoded(key: string, values: Float32Array, options: object = {}): Float32Array {
  const codec = codecOf({ key, ...options });
  const arrays = codec.encode(values, stream(), shared()).map((array) => array.values);
  return codec.decode(arrays, values.length, shared());
}

const small = fc.float({ noNaN: true, noDefaultInfinity: true, min: -8, max: 8 });
const tensors = fc.array(small, { minLength: 1, maxLength: 90 }).map((values) => Float32Array.from(values));

describe.each(CODEC_KEYS)('the codec %s', (key) => {
  const codec = codecOf({ key, ...(key.endsWith('-k') ? { fraction: 0.2 } : {}) });

  it('comes back from a file with the bits that it decodes to, and the same bytes twice', () => {
    fc.assert(
      fc.property(tensors, (values) => {
        const arrays = codec.encode(values, stream(), shared());
        const expected = codec.decode(
          arrays.map((array) => array.values),
          values.length,
          shared(),
        );
        const plain = Float32Array.of(1, -2);

        const file = writeCompressed(
          [
            { name: 'w', shape: [values.length], arrays },
            { name: 'b', shape: [2], arrays: plainArrays(plain) },
          ],
          { x: 'y' },
        );
        const again = codec.encode(values, stream(), shared());
        const read = readCompressed(
          file,
          [
            { name: 'w', shape: [values.length], codec },
            { name: 'b', shape: [2], codec: undefined },
          ],
          SHARED,
        );

        expect(again).toEqual(arrays);
        expect(read.tensors.map((tensor) => tensor.values)).toEqual([expected, plain]);
      }),
      { numRuns: 30 },
    );
  });

  it('makes arrays of its layout', () => {
    const values = Float32Array.from({ length: 300 }, (_, index) => Math.sin(index));

    const arrays = codec.encode(values, stream(), shared());

    expect(
      arrays.map((array) => ({ suffix: array.suffix, dtype: array.dtype, count: array.values.length })),
    ).toEqual(codec.layout(300));
  });

  it('refuses an option that it does not have', () => {
    expect(() => codecOf({ key, level: 9 })).toThrow(expect.objectContaining({ code: 'E_INVALID_INPUT' }));
  });

  it('loses nothing for good under error feedback', () => {
    const values = Float32Array.of(0.5, -0.25, 0.125, 0.0625, -1, 0.75, 0.3, -0.6);
    const sum = new Float64Array(values.length);
    let residual: Float32Array | undefined;
    const rounds = 40;

    for (let round = 0; round < rounds; round++) {
      const fed = encodeWithFeedback(codec, values, residual, stream(`${round}`), () =>
        sharedStream({ seed: 3, round }, 'w'),
      );
      residual = fed.residual;
      for (const [index, value] of fed.decoded.entries()) sum[index]! += value;
    }

    for (const [index, value] of sum.entries()) {
      expect(value + residual![index]!).toBeCloseTo(rounds * values[index]!, 3);
    }
  });
});

describe('the errors of codecs', () => {
  it('f16 is within half a unit of its last place', () => {
    fc.assert(
      fc.property(tensors, (values) => {
        decoded('f16', values).forEach((value, index) => {
          expect(Math.abs(value - values[index]!)).toBeLessThanOrEqual(
            Math.max(Math.abs(values[index]!) * 2 ** -11, 2 ** -25),
          );
        });
      }),
    );
  });

  it('f16 rounds ties to even and refuses what it has no code for', () => {
    expect([
      ...decoded('f16', Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 65_504, -0)),
    ]).toEqual([1, 1 + 2 ** -9, 0, 65_504, -0]);
    for (const value of [65_520, Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(() => decoded('f16', Float32Array.of(value))).toThrow(
        expect.objectContaining({ code: 'E_UPDATE_OUT_OF_RANGE' }),
      );
    }
  });

  it.each([
    ['int8', 127],
    ['int4', 7],
  ] as const)('%s is within a step of its block', (key, largest) => {
    fc.assert(
      fc.property(tensors, (values) => {
        const result = decoded(key, values, { blockLength: 8 });
        result.forEach((value, index) => {
          const block = values.subarray(index - (index % 8), index - (index % 8) + 8);
          const step = Math.max(...block.map(Math.abs)) / largest;
          expect(Math.abs(value - values[index]!)).toBeLessThanOrEqual(step * (1 + 1e-5) + 2 ** -142);
        });
      }),
    );
  });

  it('int8 and int4 have no bias', () => {
    const values = new Float32Array(20_000).fill(0.31);
    values[0] = 1;
    for (const key of ['int8', 'int4']) {
      const result = decoded(key, values, { blockLength: 65_536 });
      const mean = result.subarray(1).reduce((sum, value) => sum + value, 0) / (values.length - 1);

      expect(Math.abs(mean - 0.31)).toBeLessThan(0.003);
    }
  });

  it('int8 refuses what is not finite', () => {
    expect(() => decoded('int8', Float32Array.of(1, Number.NaN))).toThrow(
      expect.objectContaining({ code: 'E_UPDATE_NOT_FINITE' }),
    );
  });

  it('top-k keeps the largest magnitudes', () => {
    expect([...decoded('top-k', Float32Array.of(1, -5, 2, 5, 0), { fraction: 0.4 })]).toEqual([
      0, -5, 0, 5, 0,
    ]);
  });

  it('random-k keeps the same places at all participants, or others at each', () => {
    const values = new Float32Array(400).fill(1);
    const placesOf = (participant: string, isShared: boolean) => {
      const codec = codecOf({ key: 'random-k', fraction: 0.1, shared: isShared });
      const random = randomStream({ seed: 1, round: 1, participant, purpose: 'x' });
      const arrays = codec.encode(values, random, shared()).map((array) => array.values);
      return codec.decode(arrays, values.length, shared());
    };

    expect(placesOf('a', true)).toEqual(placesOf('b', true));
    expect(placesOf('a', false)).not.toEqual(placesOf('b', false));
    expect(placesOf('a', true).reduce((sum, value) => sum + value)).toBe(40);
  });
});

describe('a compressed file', () => {
  const codec = codecOf({ key: 'top-k', fraction: 0.5 });
  const expected = [{ name: 'w', shape: [4], codec }];
  const fileOf = (places: number[], values: number[]) =>
    writeCompressed(
      [
        {
          name: 'w',
          shape: [4],
          arrays: [
            { suffix: ':indices', dtype: 'U32', values: Uint32Array.from(places) },
            { suffix: '', dtype: 'F32', values: Float32Array.from(values) },
          ],
        },
      ],
      {},
    );

  it.each([
    ['the same place twice', [1, 1]],
    ['places in another order', [2, 1]],
    ['a place beyond the tensor', [1, 4]],
  ])('is refused with %s', (_, places) => {
    expect(() => readCompressed(fileOf(places, [1, 2]), expected, SHARED)).toThrow(
      expect.objectContaining({ code: 'E_UPDATE_MALFORMED' }),
    );
  });

  it('is refused with another number of values than the codec makes', () => {
    expect(() => readCompressed(fileOf([0, 1, 2], [1, 2, 3]), expected, SHARED)).toThrow(
      expect.objectContaining({ code: 'E_UPDATE_SHAPES' }),
    );
  });

  it('is refused cut off', () => {
    expect(() => readCompressed(fileOf([0, 1], [1, 2]).subarray(0, -1), expected, SHARED)).toThrow(
      expect.objectContaining({ code: 'E_MALFORMED_SAFETENSORS' }),
    );
  });
});

describe('compressVersion', () => {
  it('publishes the version that everybody gets who applies the delta, and catches up with what was aggregated', () => {
    const model = [{ name: 'w', shape: [64] }];
    const codec = codecOf({ key: 'int4', blockLength: 64 });
    const target = Float32Array.from({ length: 64 }, (_, index) => Math.cos(index));
    let server: ReadonlyMap<string, Float32Array> = new Map([['w', new Float32Array(64)]]);
    let participant = new Float32Array(64);
    let residual: ReadonlyMap<string, Float32Array> = new Map();

    for (let round = 1; round <= 6; round++) {
      const key = { seed: 1, round };
      const published = compressVersion(model, server, new Map([['w', target]]), new Map(), {
        codecOf: () => codec,
        random: (tensor) => randomStream({ ...key, participant: 'main', purpose: tensor }),
        shared: key,
      });
      const file = writeCompressed(published.tensors, {});
      const [delta] = readCompressed(file, [{ name: 'w', shape: [64], codec }], key).tensors;
      participant = Float32Array.from(applyDelta(participant, delta!.values));
      server = published.version;
      residual = published.residual;
      expect(participant).toEqual(server.get('w'));
    }

    expect(Math.max(...residual.get('w')!.map(Math.abs))).toBeLessThan(1e-3);
  });

  it('sends statistic tensors whole', () => {
    const next = new Map([['m', Float32Array.of(0.1, 0.2)]]);
    const published = compressVersion(
      [{ name: 'm', shape: [2] }],
      new Map([['m', new Float32Array(2)]]),
      next,
      new Map(),
      {
        codecOf: () => undefined,
        random: () => stream(),
        shared: SHARED,
      },
    );

    expect(published.version).toEqual(next);
  });
});
