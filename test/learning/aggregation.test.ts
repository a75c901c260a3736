import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { combineSums } from '../../learning/aggregation/combine-sums.ts';
import { ExactSum } from '../../learning/aggregation/exact-sum.ts';
import { roundedFactor } from '../../learning/aggregation/factor.ts';
import { GramMatrix } from '../../learning/aggregation/gram-matrix.ts';
import { type Grid, gridOf, meanErrorBound, stepOf } from '../../learning/aggregation/grid.ts';
import { KERNELS_FILE, openKernels } from '../../learning/aggregation/kernels.ts';
import { bulyanRows, krumOrder } from '../../learning/aggregation/krum-order.ts';
import {
  decodePartialSumHeader,
  encodePartialSumHeader,
} from '../../learning/aggregation/partial-sum-header.ts';
import { bucketsOf } from '../../learning/aggregation/reduction.ts';
import { refuseTooFewRows } from '../../learning/aggregation/robust-rule.ts';
import { rowWeights } from '../../learning/aggregation/row-weights.ts';
import { sortingNetwork } from '../../learning/aggregation/sorting-network.ts';
import { packageRoot } from '../../runtime/package-root.ts';

const wasm = readFileSync(join(packageRoot(), KERNELS_FILE));
const GRID: Grid = { bound: 64, maximumFactorSum: 2 ** 14 };
const value = fc.float({ noNaN: true, min: -64, max: 64 });
const update = fc.record({
  values: fc.array(value, { minLength: 3, maxLength: 3 }),
  factor: fc.oneof(
    fc.integer({ min: 1, max: 1000 }),
    fc.double({ min: 0.001, max: 1000, noNaN: true }).map(roundedFactor),
  ),
});
type Update = { values: number[]; factor: number };

function sumOf(updates: readonly Update[], grid = GRID): ExactSum {
  const sum = new ExactSum(wasm, new Map([['a', { length: 3, grid }]]));
  for (const { values, factor } of updates) sum.add('a', 0, Float32Array.from(values), factor, 'p');
  return sum;
}

/** round(product) half to even, of a product as a 64-bit float. */
function roundedToInteger(product: number): bigint {
  const floor = Math.floor(product);
  const rest = product - floor;
  return BigInt(floor) + (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? 1n : 0n);
}

describe('the exact sum', () => {
  it('is the integers of the rounded products, whatever their size', () => {
    fc.assert(
      fc.property(fc.array(update, { maxLength: 8 }), (updates) => {
        const integers = sumOf(updates).integers('a');

        for (let index = 0; index < 3; index++) {
          const expected = updates.reduce(
            (sum, { values, factor }) => sum + roundedToInteger(values[index]! * (factor / stepOf(GRID))),
            0n,
          );
          expect(integers[index]).toBe(expected);
        }
      }),
    );
  });

  it('has the same bits for any order, and after removals as if never added', () => {
    fc.assert(
      fc.property(fc.array(update, { maxLength: 6 }), fc.array(update, { maxLength: 4 }), (kept, removed) => {
        const expected = sumOf(kept).integers('a').slice();
        const inOtherOrder = sumOf([...removed, ...kept.toReversed()]);
        for (const { values, factor } of removed) {
          inOtherOrder.add('a', 0, Float32Array.from(values), -factor, 'p');
        }

        expect(inOtherOrder.integers('a').slice()).toEqual(expected);
      }),
    );
  });

  it('gives a mean within the stated error', () => {
    fc.assert(
      fc.property(fc.array(update, { minLength: 1, maxLength: 8 }), (updates) => {
        const divisor = updates.reduce((sum, { factor }) => sum + factor, 0);
        const mean = sumOf(updates).mean('a', divisor)[0]!;

        // In these units values and factors are integers.
        const scaled = (number: number): bigint => BigInt(number * 2 ** 149);
        const exact = updates.reduce(
          (sum, { values, factor }) => sum + scaled(values[0]!) * BigInt(factor * 2 ** 20),
          0n,
        );
        const error = mean * divisor - Number(exact) / 2 ** 149 / 2 ** 20;
        const magnitude =
          updates.reduce((sum, { values, factor }) => sum + Math.abs(values[0]!) * factor, 0) / divisor;
        const allowed = meanErrorBound(GRID, updates.length, divisor, mean, magnitude) * divisor;
        // The comparison itself rounds twice.
        expect(Math.abs(error)).toBeLessThanOrEqual(allowed + Math.abs(mean * divisor) * 2 ** -51);
      }),
    );
  });

  it('holds the largest sum that its grid was made for', () => {
    const grid = gridOf('trainable', 4096);
    const sum = sumOf(
      Array.from({ length: 4 }, () => ({ values: [64, -64, 1], factor: 1024 })),
      grid,
    );

    expect(sum.integers('a')[0]).toBe(2n ** 62n);
    expect([...sum.mean('a', 4096)]).toEqual([64, -64, 1]);
  });

  it.each([65, -64.01, Number.POSITIVE_INFINITY, Number.NaN])(
    'refuses %p and adds nothing of it',
    (wrong) => {
      const sum = sumOf([]);

      expect(() => sum.add('a', 0, Float32Array.of(1, 2, wrong), 1, 'press-1')).toThrow(
        expect.objectContaining({ code: 'E_UPDATE_OUT_OF_RANGE' }),
      );
      expect([...sum.integers('a')]).toEqual([0n, 0n, 0n]);
    },
  );

  it('takes pieces of a tensor at any offset', () => {
    const values = Float32Array.from({ length: 40_001 }, (_, index) => (index % 101) - 50);
    const grid = GRID;
    const sum = new ExactSum(
      wasm,
      new Map([
        ['a', { length: values.length, grid }],
        ['b', { length: 1, grid }],
      ]),
    );

    sum.add('b', 0, Float32Array.of(7), 1, 'p');
    sum.add('a', 0, values.subarray(0, 3), 2, 'p');
    sum.add('a', 3, values.subarray(3), 2, 'p');

    expect([...sum.mean('a', 2)]).toEqual([...values]);
    expect([...sum.mean('b', 1)]).toEqual([7]);
  });
});

describe('the grid', () => {
  it('has the step of the bound times the factors, rounded up to a power of two', () => {
    expect(stepOf(gridOf('trainable', 10_000))).toBe(2 ** (20 - 62));
    expect(stepOf(gridOf('statistic', 1))).toBe(2 ** (20 - 62));
    expect(gridOf('trainable', 1, 3).bound).toBe(4);
  });

  it('refuses bounds and sums of factors that integers cannot hold', () => {
    for (const make of [() => gridOf('trainable', 2 ** 34), () => gridOf('trainable', 1, Number.NaN)]) {
      expect(make).toThrow(expect.objectContaining({ code: 'E_INVALID_INPUT' }));
    }
  });

  it('rounds factors once to 2^-20 and refuses those that vanish', () => {
    expect(roundedFactor(7)).toBe(7);
    expect(roundedFactor(0.1)).toBe(104_858 / 2 ** 20);
    expect(() => roundedFactor(2 ** -22)).toThrow(RangeError);
  });
});

describe('the kernels', () => {
  it('round products below 2^51 alike, one tile or four at a time, near or far', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 16, maxLength: 16 }),
        fc.integer({ min: 1, max: 1000 }),
        (some, factor) => {
          const { kernels, places } = openKernels(wasm, [64, 32, 32, 32]);
          const [tiles, near, far, four] = places as [number, number, number, number];
          new Float32Array(kernels.memory.buffer, tiles, 16).set(some);
          const scale = factor * 2 ** 30;

          for (let tile = 0; tile < 4; tile++) {
            kernels.foldNear(near, tiles + tile * 16, 4, scale);
            kernels.foldFar(far, tiles + tile * 16, 4, scale);
          }
          kernels.foldNearFour(four, tiles, 16, 4, scale, scale, scale, scale);

          const sums = (place: number): BigInt64Array => new BigInt64Array(kernels.memory.buffer, place, 4);
          expect([...sums(far)]).toEqual([...sums(near)]);
          expect([...sums(four)]).toEqual([...sums(near)]);
        },
      ),
    );
  });

  it('decode every 16-bit float', () => {
    const { kernels, places } = openKernels(wasm, [131_072, 262_144]);
    const [halves, floats] = places as [number, number];
    new Uint16Array(kernels.memory.buffer, halves, 65_536).set(
      Array.from({ length: 65_536 }, (_, bits) => bits),
    );

    kernels.decodeHalves(halves, floats, 65_536);

    const decoded = new Float32Array(kernels.memory.buffer, floats, 65_536);
    const wrong = decoded.findIndex((float, bits) => !Object.is(float, halfOf(bits)));
    expect(wrong).toBe(-1);
  });
});

function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

describe('a sorting network', () => {
  it('sorts any number of rows and gives the ranks that are wanted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.nat(),
        (rows, one, other) => {
          const [first, last] = [one % rows.length, other % rows.length].sort((a, b) => a - b) as [
            number,
            number,
          ];
          const values = [...rows];
          for (const { lower, upper, needed } of sortingNetwork(rows.length, first, last + 1)) {
            const [a, b] = [values[lower]!, values[upper]!];
            if (needed & 1) values[lower] = Math.min(a, b);
            if (needed & 2) values[upper] = Math.max(a, b);
          }

          const sorted = rows.toSorted((a, b) => a - b);
          expect(values.slice(first, last + 1)).toEqual(sorted.slice(first, last + 1));
        },
      ),
    );
  });
});

describe('rules of inner products', () => {
  const gramOf = (rows: readonly (readonly number[])[]): GramMatrix =>
    new GramMatrix(
      rows.length,
      Float64Array.from(
        rows.flatMap((row) => rows.map((other) => row.reduce((sum, one, at) => sum + one * other[at]!, 0))),
      ),
    );
  const combined = (rows: readonly (readonly number[])[], weights: readonly number[]): number[] =>
    rows[0]!.map((_, at) => rows.reduce((sum, row, index) => sum + row[at]! * weights[index]!, 0));
  const CROWD = [[0], [1], [2], [4], [100]];

  it('Krum takes the row with the nearest others', () => {
    // n = 5, f = 1: two nearest. Scores: 1+4, 1+1, 1+4, 4+9, 96²+98².
    expect(krumOrder(gramOf(CROWD), 1, [0, 1, 2, 3, 4])).toEqual([1, 0, 2, 3, 4]);
    expect(rowWeights({ kind: 'krum', f: 1, selected: 2 }, gramOf(CROWD))).toEqual([0.5, 0.5, 0, 0, 0]);
  });

  it('Bulyan leaves out 2f rows', () => {
    const rows = bulyanRows(gramOf([[0], [1], [2], [3], [4], [5], [100]]), 1);

    expect(rows).toHaveLength(5);
    expect(rows).not.toContain(6);
  });

  it('the geometric median of a line is its median', () => {
    const weights = rowWeights({ kind: 'geometric-median', iterations: 200, smoothing: 1e-9 }, gramOf(CROWD));

    expect(combined(CROWD, weights)[0]).toBeCloseTo(2, 3);
  });

  it('centred clipping moves as the same steps on the rows themselves', () => {
    const rows = [
      [1, 0],
      [0, 2],
      [-30, 40],
    ];
    let centre = [0, 0];
    for (let step = 0; step < 3; step++) {
      const moves = rows.map(([x, y]) => {
        const [dx, dy] = [x! - centre[0]!, y! - centre[1]!];
        const shrink = Math.min(1, 1.5 / Math.hypot(dx, dy));
        return [dx * shrink, dy * shrink];
      });
      centre = centre.map((at, axis) => at + moves.reduce((sum, move) => sum + move[axis]!, 0) / 3);
    }

    const found = combined(
      rows,
      rowWeights({ kind: 'centred-clipping', radius: 1.5, iterations: 3 }, gramOf(rows)),
    );

    expect(found[0]).toBeCloseTo(centre[0]!, 12);
    expect(found[1]).toBeCloseTo(centre[1]!, 12);
  });

  it('norm bounding shrinks the long rows only', () => {
    const rows = [
      [3, 4],
      [0.5, 0],
    ];

    expect(rowWeights({ kind: 'norm-bounding', maximumNorm: 1 }, gramOf(rows))).toEqual([0.1, 0.5]);
  });

  it('refuse fewer rows than their promise needs', () => {
    expect(() => refuseTooFewRows({ kind: 'bulyan', f: 2 }, 10)).toThrow(
      expect.objectContaining({ code: 'E_INVALID_INPUT' }),
    );
    expect(() => refuseTooFewRows({ kind: 'bulyan', f: 2 }, 11)).not.toThrow();
  });

  it('see buckets that hold each update once', () => {
    expect(bucketsOf([3, 0, 4, 1, 2], 2)).toEqual([[0, 3], [1, 4], [2]]);
  });
});

describe('the header of a partial sum', () => {
  const tensors = [{ name: 'a', length: 3, grid: GRID }];
  const of = (participant: string, factor = 1) => ({ participant, sha256: 'a'.repeat(64), factor });

  it('is read as it was written', () => {
    const header = { tensors, contributions: [of('press-1', 2.5)] };

    const bytes = encodePartialSumHeader(header);

    expect(bytes.length % 16).toBe(0);
    expect(decodePartialSumHeader(bytes.subarray(8))).toEqual(header);
  });

  it.each([
    '[]',
    '{',
    '{"tensors":[{"name":"a","length":1,"grid":{"bound":3,"maximumFactorSum":1}}],"contributions":[]}',
  ])('is refused where it is none: %s', (json) => {
    expect(() => decodePartialSumHeader(new TextEncoder().encode(json))).toThrow(
      expect.objectContaining({ code: 'E_MALFORMED_PARTIAL_SUM' }),
    );
  });

  it('never holds an update twice, takes off only what is in it, and stays within its factors', () => {
    const one = { tensors, contributions: [of('a')] };

    expect(() => combineSums([one, one], [], [])).toThrow(
      expect.objectContaining({ code: 'E_STATE_MISMATCH' }),
    );
    expect(() => combineSums([one], [], [of('b')])).toThrow(
      expect.objectContaining({ code: 'E_STATE_MISMATCH' }),
    );
    expect(() => combineSums([one], [of('b', 2 ** 14)], [])).toThrow(
      expect.objectContaining({ code: 'E_UPDATE_OUT_OF_RANGE' }),
    );
    expect(combineSums([one], [of('b')], [of('a')]).contributions).toEqual([of('b')]);
  });
});
