import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inlineRunner } from '../../../learning/aggregation/fold/fold-runner.ts';
import { MemoryFiles } from '../../../learning/aggregation/fold/spool-files.ts';
import { KERNELS_FILE } from '../../../learning/aggregation/kernels.ts';
import type { RobustRule } from '../../../learning/aggregation/robust-rule.ts';
import type { Reducer } from '../../../learning/pipeline/reducer.ts';
import { spoolReducer } from '../../../learning/pipeline/spool-reducer.ts';
import { streamReducer } from '../../../learning/pipeline/stream-reducer.ts';
import { randomStream } from '../../../learning/random.ts';
import type { ModelTensor } from '../../../learning/strategies/strategy.ts';
import { readSafetensorsHeader, writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { streamSafetensors } from '../../../learning/weights/stream-safetensors.ts';
import { packageRoot } from '../../../runtime/package-root.ts';
import { FoldPool } from '../../../services/aggregator/fold/fold-pool.ts';
import { OpenFiles } from '../../../services/aggregator/fold/open-files.ts';
import { chunksOf } from '../safetensors-samples.ts';

const MODEL: readonly ModelTensor[] = [
  { name: 'kernel', shape: [123, 401], role: 'trainable' },
  { name: 'mean', shape: [7], role: 'statistic' },
];
const BOUNDS = { maximumFactorSum: 7 * 1000, trainable: 64, statistic: 2 ** 20 };
const MEMBERS = [0, 1, 2, 3, 4, 5, 6];
const FACTORS = [3, 1, 40, 7, 12, 999, 5];
const wasm = readFileSync(join(packageRoot(), KERNELS_FILE));

let folder: string;
let pool: FoldPool;
const disk = new OpenFiles();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-spool-reducer-'));
  pool = new FoldPool(3);
});

afterAll(async () => {
  disk.close();
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

const updates = MEMBERS.map((index) => {
  const random = randomStream({ seed: index, round: 1, participant: 'a', purpose: 'spool-reducer' });
  const tensors = MODEL.map(({ name, shape }) => ({
    name: `delta/${name}`,
    shape,
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal() / 3),
  }));
  const bytes = writeSafetensors(tensors, {});
  return { participant: `p-${index}`, bytes, header: readSafetensorsHeader(bytes) };
});

function inMemory(): Reducer {
  const files = new MemoryFiles();
  let results = 0;
  return spoolReducer({
    runner: inlineRunner(wasm, files),
    files,
    bounds: BOUNDS,
    updates: updates.map(({ participant, bytes, header }) => {
      files.put(participant, bytes);
      return { participant, path: participant, header };
    }),
    scratch: (bytes) => {
      const path = `result-${results++}`;
      files.put(path, new Uint8Array(bytes));
      return path;
    },
  });
}

let written = 0;

function onDisk(): Reducer {
  const fileOf = (content: Uint8Array): string => {
    const path = join(folder, `file-${written++}`);
    writeFileSync(path, content);
    return path;
  };
  return spoolReducer({
    runner: pool,
    files: disk,
    bounds: BOUNDS,
    updates: updates.map(({ participant, bytes, header }) => ({ participant, path: fileOf(bytes), header })),
    scratch: (bytes) => fileOf(new Uint8Array(bytes)),
  });
}

function reference(): Reducer {
  return streamReducer(
    updates.map(({ participant, bytes }) => ({
      participant,
      open: () => streamSafetensors(chunksOf([bytes])),
    })),
  );
}

const RULES: readonly RobustRule[] = [
  { kind: 'median' },
  { kind: 'trimmed-mean', f: 2 },
  { kind: 'krum', f: 1, selected: 3 },
  { kind: 'bulyan', f: 1 },
  { kind: 'geometric-median', iterations: 8, smoothing: 1e-6 },
  { kind: 'centred-clipping', radius: 50, iterations: 3 },
  { kind: 'norm-bounding', maximumNorm: 60 },
];

async function valuesOf(reducer: Reducer, rule: RobustRule | 'mean'): Promise<number[]> {
  const source =
    rule === 'mean'
      ? await reducer.mean(
          'delta',
          MODEL,
          MEMBERS.map((index) => ({ index, factor: FACTORS[index]! })),
        )
      : await reducer.robust(
          MODEL,
          rule,
          MEMBERS.map((index) => [index]),
        );
  return MODEL.flatMap(({ name, shape }) => [
    ...source.read(
      name,
      0,
      shape.reduce((a, b) => a * b, 1),
    ),
  ]);
}

describe('updates in a spool', () => {
  it.each<RobustRule | 'mean'>(['mean', ...RULES])(
    'are reduced to the same bits in memory and in the files of a pool, and to what plain code gives: %j',
    async (rule) => {
      const found = await valuesOf(inMemory(), rule);
      const expected = await valuesOf(reference(), rule);

      expect(await valuesOf(onDisk(), rule)).toEqual(found);
      const apart = found.map((value, index) => Math.abs(value - expected[index]!));
      expect(Math.max(...apart)).toBeLessThan(1e-6);
    },
  );

  it('have norms and inner products as plain code has them', async () => {
    const norms = await inMemory().norms(MODEL, MEMBERS);
    const expected = await reference().norms(MODEL, MEMBERS);

    for (const [index, norm] of norms.entries()) expect(norm).toBeCloseTo(expected[index]!, 3);
    expect(await onDisk().norms(MODEL, MEMBERS)).toEqual(norms);
    const gram = await inMemory().gram(MODEL, [1, 4]);
    const plain = await reference().gram(MODEL, [1, 4]);
    expect(gram.squaredDistance(0, 1)).toBeCloseTo(plain.squaredDistance(0, 1), 2);
  });
});
