import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inlineRunner } from '../../../learning/aggregation/fold/fold-runner.ts';
import { MemoryFiles } from '../../../learning/aggregation/fold/spool-files.ts';
import { KERNELS_FILE } from '../../../learning/aggregation/kernels.ts';
import type { CompressionSpec } from '../../../learning/compression/codec.ts';
import {
  readCompressed,
  sharedStream,
  writeCompressed,
} from '../../../learning/compression/compressed-file.ts';
import { codecOf } from '../../../learning/compression/index.ts';
import { type SpooledUpdate, spoolReducer } from '../../../learning/pipeline/spool-reducer.ts';
import { ENCODED_DTYPES, verifyEncodedUpdate } from '../../../learning/pipeline/verify-encoded-update.ts';
import { randomStream } from '../../../learning/random.ts';
import type { ModelTensor } from '../../../learning/strategies/strategy.ts';
import type { ExpectedUpdate } from '../../../learning/update.ts';
import { writeUpdateHeader } from '../../../learning/update-header.ts';
import { readSafetensorsHeader, writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { packageRoot } from '../../../runtime/package-root.ts';

// More than two tiles of a sum, and no multiple of a block or a byte's two codes.
const MODEL: readonly ModelTensor[] = [{ name: 'kernel', shape: [37_001], role: 'trainable' }];
const LENGTH = 37_001;
const FACTORS = [3, 1, 40];
const SEED = 7;
const ROUND = 5;
const wasm = readFileSync(join(packageRoot(), KERNELS_FILE));

const CODECS: readonly CompressionSpec[] = [
  { key: 'f16' },
  { key: 'int8' },
  { key: 'int4', blockLength: 40 },
  { key: 'top-k', fraction: 0.01 },
  { key: 'top-k', fraction: 1 },
  { key: 'random-k', fraction: 0.02 },
  { key: 'random-k', fraction: 0.02, shared: false },
];

function headerOf(participant: string, compression?: CompressionSpec) {
  return writeUpdateHeader({
    run: 'r',
    round: ROUND,
    roundAttempt: 1,
    participant,
    baseSha256: 'a'.repeat(64),
    exampleCount: 1,
    scalars: {},
    roles: { 'delta/kernel': 'trainable' },
    ...(compression !== undefined && { compression }),
  });
}

function encoded(spec: CompressionSpec, participant: string): Uint8Array {
  const random = randomStream({ seed: 1, round: 1, participant, purpose: 'values' });
  const values = Float32Array.from({ length: LENGTH }, () => random.normal() / 3);
  const name = 'delta/kernel';
  const arrays = codecOf(spec).encode(values, random, sharedStream({ seed: SEED, round: ROUND }, name));
  return writeCompressed([{ name, shape: [LENGTH], arrays }], headerOf(participant, spec));
}

/** The same update without compression: what its codec decodes to. */
function plain(spec: CompressionSpec, file: Uint8Array, participant: string): Uint8Array {
  const expected = [{ name: 'delta/kernel', shape: [LENGTH], codec: codecOf(spec) }];
  const { tensors } = readCompressed(file, expected, { seed: SEED, round: ROUND });
  return writeSafetensors(tensors, headerOf(participant));
}

function reducerOf(files: readonly Uint8Array[], spec: CompressionSpec | undefined, scale?: number) {
  const memory = new MemoryFiles();
  let results = 0;
  return spoolReducer({
    runner: inlineRunner(wasm, memory),
    files: memory,
    bounds: { maximumFactorSum: 100, trainable: 64, statistic: 64 },
    compression: spec && { codec: codecOf(spec), roles: ['trainable'], seed: SEED },
    updates: files.map((bytes, index): SpooledUpdate => {
      const path = `p-${index}`;
      memory.put(path, bytes);
      return { participant: path, path, header: readSafetensorsHeader(bytes, ENCODED_DTYPES), scale };
    }),
    scratch: (bytes) => {
      const path = `result-${results++}`;
      memory.put(path, new Uint8Array(bytes));
      return path;
    },
  });
}

describe('compressed updates in the spool', () => {
  it.each(CODECS)(
    'give with %j the bits of what they decode to, summed, ranked and measured',
    async (spec) => {
      const files = FACTORS.map((_, index) => encoded(spec, `p-${index}`));
      const same = files.map((file, index) => plain(spec, file, `p-${index}`));
      const members = FACTORS.map((factor, index) => ({ index, factor }));
      const rows = FACTORS.map((_, index) => [index]);
      const results = [reducerOf(files, spec, 0.3), reducerOf(same, undefined, 0.3)].map(async (reducer) => ({
        mean: (await reducer.mean('delta', MODEL, members)).read('kernel', 0, LENGTH),
        median: (await reducer.robust(MODEL, { kind: 'median' }, rows)).read('kernel', 0, LENGTH),
        norms: await reducer.norms(MODEL, [0, 1, 2]),
      }));

      const [compressed, decoded] = await Promise.all(results);

      expect(compressed!.mean).toEqual(decoded!.mean);
      expect(compressed!.median).toEqual(decoded!.median);
      expect(compressed!.norms).toEqual(decoded!.norms);
      expect(compressed!.mean.some((value) => value !== 0)).toBe(true);
    },
  );

  async function codeOf(spec: CompressionSpec, file: Uint8Array, changes: Partial<ExpectedUpdate> = {}) {
    const files = new MemoryFiles();
    files.put('update', file);
    const expected: ExpectedUpdate = {
      run: 'r',
      round: ROUND,
      roundAttempt: 1,
      participant: 'p-0',
      baseSha256: 'a'.repeat(64),
      parts: ['delta'],
      tensors: [{ name: 'kernel', shape: [LENGTH] }],
      compression: { codec: codecOf(spec), roles: ['trainable'] },
      maximumExampleCount: 10,
      maximumNorm: 1e6,
      largest: { trainable: 64, statistic: 64 },
      ...changes,
    };
    const breathe = async () => undefined;
    return verifyEncodedUpdate({ files, path: 'update', bytes: file.length, expected, breathe }).then(
      () => 'accepted',
      (error) => error.code,
    );
  }

  it.each(CODECS)('are accepted with %j, and refused cut off, too long or too large', async (spec) => {
    const file = encoded(spec, 'p-0');

    expect(await codeOf(spec, file)).toBe('accepted');
    expect(await codeOf(spec, file.subarray(0, file.length - 3))).toBe('E_UPDATE_TRUNCATED');
    expect(await codeOf(spec, Uint8Array.from([...file, 0]))).toBe('E_UPDATE_MALFORMED');
    expect(await codeOf(spec, file, { maximumNorm: 0.1 })).toBe('E_UPDATE_NORM');
    const largest = { trainable: 2 ** -20, statistic: 1 };
    expect(await codeOf(spec, file, { largest })).toBe('E_UPDATE_OUT_OF_RANGE');
  });

  it('are refused with places that no encoder makes', async () => {
    const spec = { key: 'top-k', fraction: 0.01 };
    const file = encoded(spec, 'p-0').slice();
    const { headerBytes, tensors } = readSafetensorsHeader(file, ENCODED_DTYPES);
    const { begin } = tensors.find(({ name }) => name.endsWith(':indices'))!;
    new DataView(file.buffer).setUint32(headerBytes + begin, LENGTH, true);

    expect(await codeOf(spec, file)).toBe('E_UPDATE_MALFORMED');
  });

  it('are refused with scales and halves that are not finite', async () => {
    for (const [spec, suffix, bytes] of [
      [{ key: 'int8' }, ':scales', [0, 0, 0x80, 0x7f]],
      [{ key: 'f16' }, '', [0, 0x7c]],
    ] as const) {
      const file = encoded(spec, 'p-0').slice();
      const { headerBytes, tensors } = readSafetensorsHeader(file, ENCODED_DTYPES);
      file.set(bytes, headerBytes + tensors.find(({ name }) => name === `delta/kernel${suffix}`)!.begin);

      expect(await codeOf(spec, file)).toBe('E_UPDATE_NOT_FINITE');
    }
  });
});
