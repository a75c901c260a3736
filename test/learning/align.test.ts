import fc from 'fast-check';
import {
  ALIGNED,
  type Alignment,
  type AlignmentMethod,
  alignSeries,
  type Series,
} from '../../learning/features/align.ts';

interface Point {
  readonly timeMs: number;
  readonly value: number;
  readonly good?: boolean;
}

function series(points: readonly Point[]): Series {
  return {
    timesMs: points.map(({ timeMs }) => timeMs),
    values: points.map(({ value }) => value),
    good: points.map(({ good = true }) => (good ? 1 : 0)),
  };
}

function align(points: readonly Point[], first: number, count: number, alignment: Partial<Alignment> = {}) {
  const values = new Float32Array(count);
  const mask = new Uint8Array(count);
  const whole: Alignment = { method: 'last', maximumAgeMs: 1000, ...alignment };
  alignSeries(series(points), { first, rateHz: 100 }, whole, values, mask);
  return { values: [...values], mask: [...mask] };
}

const { good, none, bad, broken } = ALIGNED;

describe('a series on a grid', () => {
  const points = [
    { timeMs: 5, value: 1 },
    { timeMs: 20, value: 4 },
    { timeMs: 36, value: 8 },
  ];

  it('has by `last` the newest value that is not too old', () => {
    expect(align(points, 0, 6, { maximumAgeMs: 9 })).toEqual({
      values: [0, 1, 4, 0, 8, 0],
      mask: [none, good, good, none, good, none],
    });
  });

  it('has by `linear` what lies between two values, and nothing beyond the last one', () => {
    expect(align(points, 1, 4, { method: 'linear' })).toEqual({
      values: [2, 4, 6.5, 0],
      mask: [good, good, good, none],
    });
    expect(align(points, 3, 1, { method: 'linear', maximumAgeMs: 15 }).mask).toEqual([none]);
  });

  it('has by `mean` the mean of the values since the point before', () => {
    const dense = [0, 4, 8, 12, 16, 20].map((timeMs) => ({ timeMs, value: timeMs }));

    expect(align(dense, 1, 3, { method: 'mean' })).toEqual({ values: [6, 16, 0], mask: [good, good, none] });
  });

  it.each<AlignmentMethod>(['last', 'linear', 'mean'])(
    'never makes a number by `%s` of a value that is not good',
    (method) => {
      const doubtful = [
        { timeMs: 8, value: 1 },
        { timeMs: 19, value: 9, good: false },
        { timeMs: 28, value: 1 },
        { timeMs: 38, value: 1 },
      ];

      expect(align(doubtful, 2, 1, { method })).toEqual({ values: [0], mask: [bad] });
    },
  );

  it('reaches across no gap', () => {
    const isBroken = (fromMs: number, toMs: number) => fromMs < 30 && toMs > 22;

    expect(align(points, 1, 4, { isBroken }).mask).toEqual([good, good, broken, good]);
    expect(align(points, 1, 3, { isBroken, method: 'linear' }).mask).toEqual([good, good, broken]);
  });

  it('is the same at a point wherever the grid begins, and lies between the smallest and the largest value', () => {
    const point = fc.record({
      timeMs: fc.integer({ min: 0, max: 500 }),
      value: fc.integer({ min: -9, max: 9 }),
    });
    const property = fc.property(
      fc.uniqueArray(point, { selector: ({ timeMs }) => timeMs, minLength: 1, maxLength: 30 }),
      fc.constantFrom<AlignmentMethod>('last', 'linear', 'mean'),
      fc.integer({ min: 1, max: 40 }),
      (drawn, method, begin) => {
        const sorted = [...drawn].sort((a, b) => a.timeMs - b.timeMs);
        const whole = align(sorted, 0, 60, { method });
        const part = align(sorted, begin, 60 - begin, { method });

        expect(part).toEqual({ values: whole.values.slice(begin), mask: whole.mask.slice(begin) });
        const known = sorted.map(({ value }) => value);
        whole.values.forEach((value, index) => {
          if (whole.mask[index] !== good) return;
          expect(value).toBeGreaterThanOrEqual(Math.min(...known) - 1e-6);
          expect(value).toBeLessThanOrEqual(Math.max(...known) + 1e-6);
        });
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('is a line where the values are on one, whatever their times', () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 40 });
    const property = fc.property(times, (drawn) => {
      const line = [...drawn].sort((a, b) => a - b).map((timeMs) => ({ timeMs, value: 2 * timeMs + 1 }));
      const { values, mask } = align(line, 0, 41, { method: 'linear' });
      values.forEach((value, index) => {
        if (mask[index] === good) expect(value).toBeCloseTo(20 * index + 1, 3);
      });
    });
    fc.assert(property, { numRuns: 100 });
  });
});
