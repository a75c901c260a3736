import { join } from 'node:path';
import type { CompressionSpec } from '../../../../learning/compression/codec.ts';
import { readCompressed } from '../../../../learning/compression/compressed-file.ts';
import { codecOf } from '../../../../learning/compression/index.ts';
import type { PipelineSpec, TrainingSpec } from '../../../../openapi/schemas.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { numbersOf, SmallSite } from './small-site.ts';

const folder = temporaryFolder();
const site = new SmallSite(join(folder, 'site'), 0);
const wide = new SmallSite(join(folder, 'wide'), 40);

const TRAINING: TrainingSpec = {
  localEpochs: 3,
  batchSize: 2,
  seed: 7,
  optimizer: { key: 'sgd', learningRate: 0.3 },
};

beforeAll(async () => {
  await site.freeze({ features: [2], labels: [0] });
  await wide.freeze({ features: [2, -1, 0.5, -3, 1], labels: [0, 1, 0, 1, 0] });
});

function compress(codec: CompressionSpec): PipelineSpec {
  return { participant: [{ kind: 'compress', codec }] };
}

/** Weights unlike each other, so that no two deltas are. */
function wideWeights() {
  const values = (count: number) => Array.from({ length: count }, (_, index) => Math.sin(index + count) / 2);
  return { 'dense-1/kernel': values(40), 'dense-2/kernel': values(80) };
}

/** What everybody who knows the federation decodes. */
function decoded(bytes: Uint8Array, spec: CompressionSpec, of: SmallSite, round = 1) {
  const codec = codecOf(spec);
  const expected = of.tensors.map(({ name, shape }) => ({ name: `delta/${name}`, shape, codec }));
  const { tensors } = readCompressed(bytes, expected, { seed: TRAINING.seed, round });
  return new Map(tensors.map(({ name, values }) => [name, values]));
}

/** The largest error that a codec states for a value among others. */
const ERRORS: Readonly<Record<string, (values: readonly number[], value: number) => number>> = {
  f16: (_, value) => Math.max(Math.abs(value) * 2 ** -11, 2 ** -25),
  int8: (values) => Math.max(...values.map(Math.abs)) / 127,
  int4: (values) => Math.max(...values.map(Math.abs)) / 7,
};

describe('a compressed update', () => {
  it.each(['f16', 'int8', 'int4'])(
    'of %s decodes to within its stated error, and names its codec',
    async (key) => {
      const bases = [await wide.version(wideWeights())];
      const plain = await wide.train({ bases, training: TRAINING });
      const spec = { key };
      const { bytes, header } = await wide.train({ bases, training: TRAINING, pipeline: compress(spec) });

      const exact = await numbersOf(plain.updateFile);

      expect(header.compression).toEqual({ key });
      expect(bytes.byteLength).toBeLessThan(plain.bytes.byteLength);
      for (const [name, values] of decoded(bytes, spec, wide)) {
        const given = exact[name]!;
        for (const [index, value] of values.entries()) {
          const most = ERRORS[key]!(given, given[index]!) * (1 + 1e-6);
          expect(Math.abs(value - given[index]!)).toBeLessThanOrEqual(most);
        }
      }
    },
  );

  it.each([
    [{ key: 'top-k', fraction: 0.1, errorFeedback: true }],
    [{ key: 'random-k', fraction: 0.1, shared: true, errorFeedback: true }],
    [{ key: 'random-k', fraction: 0.1, shared: false, errorFeedback: true }],
    [{ key: 'int4', errorFeedback: true }],
  ])('of %j and what is kept of it are together what was given', async (spec) => {
    const bases = [await wide.version(wideWeights())];
    const plain = await wide.train({ bases, training: TRAINING });
    const { bytes, stateFile } = await wide.train({ bases, training: TRAINING, pipeline: compress(spec) });

    const exact = await numbersOf(plain.updateFile);
    const kept = await numbersOf(stateFile);

    for (const [name, values] of decoded(bytes, spec, wide)) {
      const residual = kept[name.replace('delta/', 'residual/')]!;
      const together = [...values].map((value, index) => Math.fround(value + residual[index]!));
      for (const [index, value] of together.entries()) expect(value).toBeCloseTo(exact[name]![index]!, 6);
    }
  });

  it('has what the last one left out added to it', async () => {
    const bases = [await site.version()];
    const spec = { key: 'top-k', fraction: 0.5, errorFeedback: true };
    const options = { bases, pipeline: compress(spec) };
    const first = await site.train(options);
    const second = await site.train({ ...options, round: 2, stateFile: first.stateFile });

    // Of (1/2, -1/2) the first is sent; then of (1/2, -1/2) + (0, -1/2) the second.
    expect([...decoded(first.bytes, spec, site).get('delta/dense-1/kernel')!]).toEqual([0.5, 0]);
    expect((await numbersOf(first.stateFile))['residual/dense-1/kernel']).toEqual([0, -0.5]);
    expect([...decoded(second.bytes, spec, site, 2).get('delta/dense-1/kernel')!]).toEqual([0, -1]);
    expect((await numbersOf(second.stateFile))['residual/dense-1/kernel']).toEqual([0.5, 0]);
  });

  it('keeps nothing where errors are not fed back', async () => {
    const { stateFile } = await site.train({
      bases: [await site.version()],
      pipeline: compress({ key: 'top-k', fraction: 0.5 }),
    });

    expect(await numbersOf(stateFile)).toEqual({});
  });

  it('is the same bytes twice, and others for another participant where places are drawn by lot', async () => {
    const spec = { key: 'random-k', fraction: 0.2, shared: false };
    const bases = [await wide.version(wideWeights())];
    const options = { bases, training: TRAINING, pipeline: compress(spec) };
    const [one, again, other] = [
      await wide.train(options),
      await wide.train(options),
      await wide.train({ ...options, participant: 'press-2' }),
    ];

    const places = (bytes: Uint8Array) =>
      [...decoded(bytes, spec, wide).get('delta/dense-2/kernel')!].map((value) => value !== 0);
    expect(again.bytes).toEqual(one.bytes);
    expect(places(other.bytes)).not.toEqual(places(one.bytes));
  });

  it('leaves the control variates of scaffold as they are', async () => {
    const spec = { key: 'int8' };
    const { bytes } = await site.train({
      bases: [await site.version()],
      strategy: { key: 'scaffold' },
      pipeline: compress(spec),
    });

    const codec = codecOf(spec);
    const expected = site.tensors.flatMap(({ name, shape }) => [
      { name: `delta/${name}`, shape, codec },
      { name: `control/${name}`, shape, codec: undefined },
    ]);
    const { tensors } = readCompressed(bytes, expected, { seed: 1, round: 1 });
    expect([...tensors.find(({ name }) => name === 'control/dense-1/kernel')!.values]).toEqual([-1, 1]);
  });
});

describe('a clipped update', () => {
  // (1/2, -1/2, 1/4, -1/4) is √(5/8) long.
  it('is shortened to the norm in its own direction', async () => {
    const pipeline: PipelineSpec = { participant: [{ kind: 'clip', norm: Math.sqrt(5 / 8) / 2 }] };
    const { updateFile } = await site.train({ bases: [await site.version()], pipeline });

    const { 'delta/dense-1/kernel': kernel, 'delta/dense-1/bias': bias } = await numbersOf(updateFile);
    expect(kernel).toEqual([0.25, -0.25]);
    expect(bias).toEqual([0.125, -0.125]);
  });

  it('stays as it is where it is short enough', async () => {
    const bases = [await site.version()];
    const plain = await site.train({ bases });
    const clipped = await site.train({ bases, pipeline: { participant: [{ kind: 'clip', norm: 1 }] } });

    expect(clipped.bytes).toEqual(plain.bytes);
  });

  it('is clipped before it is compressed', async () => {
    const codec = { key: 'f16' };
    const { bytes } = await site.train({
      bases: [await site.version()],
      pipeline: {
        participant: [
          { kind: 'clip', norm: Math.sqrt(5 / 8) / 2 },
          { kind: 'compress', codec },
        ],
      },
    });

    expect([...decoded(bytes, codec, site).get('delta/dense-1/kernel')!]).toEqual([0.25, -0.25]);
  });
});
