import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorFile, TensorPayload, UpdateFile } from '../../../learning/aggregation/fold/fold-task.ts';
import { type RoleTensor, reduceRobustly, reduceToMean } from '../../../learning/aggregation/fold/reduce.ts';
import { gridOf } from '../../../learning/aggregation/grid.ts';
import type { RobustRule } from '../../../learning/aggregation/robust-rule.ts';
import { randomStream } from '../../../learning/random.ts';
import { FoldPool } from '../../../services/aggregator/fold/fold-pool.ts';
import {
  foldPartialSum,
  meanOfPartialSums,
  readPartialSum,
  type WeightedUpdate,
} from '../../../services/aggregator/fold/partial-sum-files.ts';

/** More than a tile of any task, not a multiple of anything, and one that is smaller than a vector. */
const LENGTHS = [20_003, 3];
const ELEMENTS = 20_006;

let folder: string;
let one: FoldPool;
let three: FoldPool;
const random = randomStream({ seed: 1, round: 0, participant: 'main', purpose: 'fold-test' });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-fold-'));
  one = new FoldPool(1);
  three = new FoldPool(3);
});

afterAll(async () => {
  await Promise.all([one.close(), three.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const tensors: RoleTensor[] = LENGTHS.map((length, index) => ({
  name: `t${index}`,
  role: 'trainable',
  length,
  grid: gridOf('trainable', 100_000),
}));

interface Sample extends WeightedUpdate {
  readonly values: Float32Array;
}

let written = 0;

function sample(values: Float32Array, factor = 1): Sample {
  const participant = `p${String(written++).padStart(3, '0')}`;
  const path = join(folder, participant);
  // An offset as a header leaves it.
  writeFileSync(path, Buffer.concat([Buffer.alloc(24), Buffer.from(values.buffer)]));
  const payloads: TensorPayload[] = [
    { encoding: 'f32', byteOffset: 24 },
    { encoding: 'f32', byteOffset: 24 + LENGTHS[0]! * 4 },
  ];
  const update: UpdateFile = { participant, path, payloads };
  return { participant, sha256: 'a'.repeat(64), factor, update, values };
}

function samples(count: number): Sample[] {
  return Array.from({ length: count }, () =>
    sample(
      Float32Array.from({ length: ELEMENTS }, () => (random.uniform() - 0.5) * 8),
      1 + random.integer(1000),
    ),
  );
}

function newOutput(): { file: TensorFile; values: () => Float32Array } {
  const path = join(folder, `output-${written++}`);
  writeFileSync(path, Buffer.alloc(ELEMENTS * 4));
  return {
    file: { path, byteOffsets: [0, LENGTHS[0]! * 4] },
    values: () => new Float32Array(Uint8Array.from(readFileSync(path)).buffer),
  };
}

const updatesOf = (some: readonly Sample[]): UpdateFile[] => some.map(({ update }) => update);

async function mean(pool: FoldPool, some: readonly Sample[]): Promise<Float32Array> {
  const output = newOutput();
  await reduceToMean(pool, {
    tensors,
    updates: updatesOf(some),
    factors: some.map(({ factor }) => factor),
    output: output.file,
  });
  return output.values();
}

async function robust(
  pool: FoldPool,
  rule: RobustRule,
  some: readonly Sample[],
  rows = some.map((_, index) => [index]),
): Promise<Float32Array> {
  const output = newOutput();
  await reduceRobustly(pool, { tensors, updates: updatesOf(some), rule, rows, output: output.file });
  return output.values();
}

function largestDifference(found: Float32Array, expected: (index: number) => number): number {
  return found.reduce((largest, value, index) => Math.max(largest, Math.abs(value - expected(index))), 0);
}

const column = (some: readonly Sample[], index: number): number[] =>
  some.map(({ values }) => values[index]!).sort((a, b) => a - b);

describe('the fold of spooled updates', () => {
  it('is their weighted mean, with the same bits for any order and number of workers', async () => {
    const some = samples(7);
    const divisor = some.reduce((sum, { factor }) => sum + factor, 0);

    const found = await mean(one, some);

    expect(
      largestDifference(
        found,
        (index) => some.reduce((sum, { values, factor }) => sum + values[index]! * factor, 0) / divisor,
      ),
    ).toBeLessThan(2 ** -22);
    expect(await mean(three, some.toReversed())).toEqual(found);
  });

  it('has the same bits through any tree of partial sums, and with removals', async () => {
    const some = samples(6);
    const extra = samples(1);
    const expected = await mean(one, some);
    const partial = (add: Sample[], name: string) =>
      foldPartialSum(one, { from: [], tensors, add, subtract: [], path: join(folder, name) });

    const left = await partial([some[4]!, some[0]!, extra[0]!], 'left');
    const right = await partial([some[3]!], 'right');
    const all = await foldPartialSum(three, {
      from: [await readPartialSum(left.file.path), right],
      tensors,
      add: [some[5]!, some[2]!, some[1]!],
      subtract: extra,
      path: join(folder, 'left'),
    });
    const output = newOutput();
    await meanOfPartialSums(three, [all], output.file);

    expect(output.values()).toEqual(expected);
    expect(all.contributions.map(({ participant }) => participant)).toEqual(
      some.map(({ participant }) => participant),
    );
  });

  it('refuses a value out of range and leaves the earlier sum as it is', async () => {
    const [good] = samples(1);
    const path = join(folder, 'kept');
    const first = await foldPartialSum(one, { from: [], tensors, add: [good!], subtract: [], path });
    const before = readFileSync(path);
    const wrong = sample(new Float32Array(ELEMENTS).fill(1).fill(100, 17_000, 17_001));

    const folding = foldPartialSum(three, { from: [first], tensors, add: [wrong], subtract: [], path });

    await expect(folding).rejects.toMatchObject({
      code: 'E_UPDATE_OUT_OF_RANGE',
      details: { participant: wrong.participant },
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('refuses an update that is shorter than its tensors', async () => {
    const [short] = samples(1);
    truncateSync(short!.update.path, 1000);

    await expect(mean(one, [short!])).rejects.toMatchObject({ code: 'E_UPDATE_TRUNCATED' });
  });

  it('refuses a partial sum that was cut off', async () => {
    const path = join(folder, 'cut');
    await foldPartialSum(one, { from: [], tensors, add: samples(1), subtract: [], path });
    truncateSync(path, 5000);

    await expect(readPartialSum(path)).rejects.toMatchObject({ code: 'E_MALFORMED_PARTIAL_SUM' });
  });

  it('decodes 16-bit floats and 8-bit integers with scales as it reads them', async () => {
    const bytes = Int8Array.from({ length: ELEMENTS }, () => random.integer(255) - 127);
    const scales = Float32Array.from({ length: 160 }, () => random.uniform() / 16);
    const path = join(folder, 'bytes');
    writeFileSync(path, Buffer.concat([Buffer.from(scales.buffer), Buffer.from(bytes.buffer)]));
    const halves = join(folder, 'halves');
    // 0x3c00 is 1, 0xc100 is -2.5.
    writeFileSync(
      halves,
      Uint16Array.from({ length: ELEMENTS }, (_, index) => (index % 3 === 0 ? 0xc100 : 0x3c00)),
    );
    const eight: UpdateFile = {
      participant: 'eight',
      path,
      payloads: [
        { encoding: 'int8', byteOffset: 640, scalesByteOffset: 0, blockLength: 128 },
        { encoding: 'int8', byteOffset: 640 + LENGTHS[0]!, scalesByteOffset: 4 * 159, blockLength: 128 },
      ],
    };
    const sixteen: UpdateFile = {
      participant: 'sixteen',
      path: halves,
      payloads: [
        { encoding: 'f16', byteOffset: 0 },
        { encoding: 'f16', byteOffset: LENGTHS[0]! * 2 },
      ],
    };
    const output = newOutput();

    await reduceToMean(three, { tensors, updates: [eight, sixteen], factors: [1, 3], output: output.file });

    const eightAt = (index: number): number =>
      Math.fround(bytes[index]! * scales[index < LENGTHS[0]! ? Math.floor(index / 128) : 159]!);
    const difference = largestDifference(
      output.values(),
      (index) => (eightAt(index) + 3 * (index % 3 === 0 ? -2.5 : 1)) / 4,
    );
    expect(difference).toBeLessThanOrEqual(2 ** -23);
  });
});

describe('robust rules over tiles of the spool', () => {
  it.each([1, 2, 9, 10])('the median of %i is the middle of each coordinate', async (count) => {
    const some = samples(count);

    const found = await robust(one, { kind: 'median' }, some);

    const expected = (index: number): number => {
      const sorted = column(some, index);
      return Math.fround((sorted[(count - 1) >> 1]! + sorted[count >> 1]!) / 2);
    };
    expect(largestDifference(found, expected)).toBe(0);
    expect(await robust(three, { kind: 'median' }, some.toReversed())).toEqual(found);
  });

  it('the trimmed mean leaves out the f least and f largest of each coordinate', async () => {
    const some = samples(7);

    const found = await robust(three, { kind: 'trimmed-mean', f: 2 }, some);

    const expected = (index: number): number =>
      column(some, index)
        .slice(2, 5)
        .reduce((sum, value) => sum + value, 0) / 3;
    expect(largestDifference(found, expected)).toBeLessThan(2 ** -22);
  });

  it('Krum gives one update as it is, and not the attacker', async () => {
    const honest = samples(6);
    const attacker = sample(honest[0]!.values.map((value) => value * -7));
    const some = [...honest, attacker];

    const found = await robust(three, { kind: 'krum', f: 1, selected: 1 }, some);

    const chosen = honest.filter(
      ({ values }) => largestDifference(found, (index) => values[index]!) < 2 ** -22,
    );
    expect(chosen).toHaveLength(1);
    expect(await robust(one, { kind: 'krum', f: 1, selected: 1 }, some)).toEqual(found);
  });

  it('Bulyan averages, of the chosen rows, the values nearest to the median', async () => {
    const honest = samples(6);
    const attacker = sample(honest[0]!.values.map((value) => value * -7));

    const found = await robust(one, { kind: 'bulyan', f: 1 }, [attacker, ...honest]);

    // 7 rows, 5 chosen: one honest row was left out; 3 values are averaged.
    const candidates = honest.map((left) => honest.filter((other) => other !== left));
    const differences = candidates.map((rows) =>
      largestDifference(found, (index) => {
        const sorted = column(rows, index);
        const nearest = sorted
          .map((value) => ({ value, distance: Math.abs(value - sorted[2]!) }))
          .sort((a, b) => a.distance - b.distance);
        return nearest.slice(0, 3).reduce((sum, { value }) => sum + value, 0) / 3;
      }),
    );
    expect(Math.min(...differences)).toBeLessThan(2 ** -20);
  });

  it('rules that weigh rows, and buckets of rows, have the same bits with any number of workers', async () => {
    const some = samples(5);
    const rows = [[0, 3], [1, 4], [2]];
    const rules: RobustRule[] = [
      { kind: 'geometric-median', iterations: 5, smoothing: 1e-6 },
      { kind: 'centred-clipping', radius: 50, iterations: 3 },
      { kind: 'norm-bounding', maximumNorm: 100 },
      { kind: 'median' },
    ];
    for (const rule of rules) {
      const found = await robust(one, rule, some, rows);

      expect(await robust(three, rule, some, rows)).toEqual(found);
      expect(found.some((value) => value !== 0)).toBe(true);
    }
  });

  it('norm bounding that bounds nothing, and a trimmed mean that trims nothing, are the mean', async () => {
    const some = samples(4).map((each) => ({ ...each, factor: 1 }));
    const expected = await mean(one, some);

    const bounded = await robust(one, { kind: 'norm-bounding', maximumNorm: 1e9 }, some);
    const trimmed = await robust(one, { kind: 'trimmed-mean', f: 0 }, some);

    expect(bounded).toEqual(expected);
    expect(largestDifference(trimmed, (index) => expected[index]!)).toBeLessThan(2 ** -22);
  });

  it('is refused below the rows that the rule needs', async () => {
    await expect(robust(one, { kind: 'krum', f: 1, selected: 1 }, samples(4))).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
    });
  });
});
