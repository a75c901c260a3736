import fc from 'fast-check';
import { featureStatistics, mergeStatistics, scalerOf, standardise } from '../../learning/statistics.ts';

describe('federated standardisation', () => {
  it('computes mean and deviation of each feature', () => {
    const features = Float32Array.of(1, 10, 3, 10, 5, 40);

    const statistics = featureStatistics(features, 2);
    const scaler = scalerOf(statistics);

    expect(statistics).toEqual({ count: 3, sum: [9, 60], sumOfSquares: [35, 1800] });
    expect(scaler.mean).toEqual([3, 20]);
    expect(scaler.standardDeviation[0]).toBeCloseTo(Math.sqrt(8 / 3), 12);
    expect(scaler.standardDeviation[1]).toBeCloseTo(Math.sqrt(200), 12);
  });

  it('gives examples mean 0 and deviation 1, and constant features 0', () => {
    const features = Float32Array.of(1, 0.1, 3, 0.1);

    standardise(features, scalerOf(featureStatistics(features, 2)));

    expect([...features]).toEqual([-1, 0, 1, 0]);
  });

  it('knows a constant feature however large it is and however many examples there are', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 3000 }),
        (value, count) => {
          const features = new Float32Array(count).fill(value);

          expect(scalerOf(featureStatistics(features, 1)).standardDeviation).toEqual([1]);
        },
      ),
    );
  });

  it('keeps a small deviation beside a large mean', () => {
    const features = Float32Array.of(1000, 1000.25, 1000, 1000.25);

    expect(scalerOf(featureStatistics(features, 1)).standardDeviation[0]).toBeCloseTo(0.125, 6);
  });

  it('merges parts into what all examples together have', () => {
    const anyPart = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(fc.array(anyPart, { minLength: 1, maxLength: 5 }), (parts) => {
        const statistics = parts.map((part) => featureStatistics(Float32Array.from(part), 1));

        expect(mergeStatistics(statistics)).toEqual(featureStatistics(Float32Array.from(parts.flat()), 1));
      }),
    );
  });

  it('does not lose its small parts to a large one', () => {
    const part = (value: number) => ({ count: 1, sum: [value], sumOfSquares: [0] });

    const merged = mergeStatistics([part(1), part(1e17), part(1), part(-1e17)]);

    expect(merged.sum).toEqual([2]);
  });

  it('refuses what does not belong together', () => {
    const one = { count: 1, sum: [1], sumOfSquares: [1] };

    expect(() => mergeStatistics([])).toThrow(RangeError);
    expect(() => mergeStatistics([one, { count: 1, sum: [1, 2], sumOfSquares: [1, 2] }])).toThrow(RangeError);
    expect(() => featureStatistics(new Float32Array(3), 2)).toThrow(RangeError);
    expect(() => featureStatistics(new Float32Array(0), 2)).toThrow(RangeError);
    expect(() =>
      standardise(new Float32Array(3), scalerOf({ count: 1, sum: [1, 2], sumOfSquares: [1, 4] })),
    ).toThrow(RangeError);
  });
});
