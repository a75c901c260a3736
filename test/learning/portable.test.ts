import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { exponential } from '../../learning/portable/exponential.ts';
import { naturalLogarithm } from '../../learning/portable/natural-logarithm.ts';
import { sha256Words } from '../../learning/portable/sha-256.ts';
import { pointOnUnitCircle } from '../../learning/portable/unit-circle.ts';

describe('naturalLogarithm', () => {
  it('is within one unit in the last place of the platform', () => {
    fc.assert(
      fc.property(fc.double({ min: 5e-324, noNaN: true, noDefaultInfinity: true }), (x) => {
        const expected = Math.log(x);

        expect(Math.abs(naturalLogarithm(x) - expected)).toBeLessThanOrEqual(2 ** -52 * Math.abs(expected));
      }),
      { numRuns: 2000 },
    );
  });

  it('knows the ends of its range', () => {
    expect(naturalLogarithm(1)).toBe(0);
    expect(naturalLogarithm(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(naturalLogarithm(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(naturalLogarithm(-1)).toBeNaN();
    expect(naturalLogarithm(Number.NaN)).toBeNaN();
    expect(naturalLogarithm(5e-324)).toBe(Math.log(5e-324));
  });
});

describe('exponential', () => {
  it('is within one unit in the last place of the platform', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 709, noNaN: true }), (x) => {
        const expected = Math.exp(x);

        expect(Math.abs(exponential(x) - expected)).toBeLessThanOrEqual(2 ** -52 * expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('knows the ends of its range', () => {
    expect([0, 710, -750, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(exponential)).toEqual([
      1,
      Number.POSITIVE_INFINITY,
      0,
      Number.POSITIVE_INFINITY,
      0,
    ]);
    expect(exponential(Number.NaN)).toBeNaN();
    expect(exponential(709.78) / Math.exp(709.78)).toBeCloseTo(1, 14);
    expect(exponential(-740)).toBe(Math.exp(-740));
  });
});

describe('pointOnUnitCircle', () => {
  it('is exact at the quarters', () => {
    const quarters = [0, 1, 2, 3, 4].map((numerator) => pointOnUnitCircle(numerator, 4));

    expect(quarters.map(({ cosine }) => Math.round(cosine) === cosine && cosine + 0)).toEqual([
      1, 0, -1, 0, 1,
    ]);
    expect(quarters.map(({ sine }) => Math.round(sine) === sine && sine + 0)).toEqual([0, 1, 0, -1, 0]);
  });

  it('agrees with the platform', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(), (denominator, numerator) => {
        const angle = (2 * Math.PI * (numerator % denominator)) / denominator;

        const { cosine, sine } = pointOnUnitCircle(numerator, denominator);

        expect(cosine).toBeCloseTo(Math.cos(angle), 14);
        expect(sine).toBeCloseTo(Math.sin(angle), 14);
      }),
    );
  });

  it('is symmetric at the eighths', () => {
    const eighths = [1, 3, 5, 7].map((numerator) => pointOnUnitCircle(numerator, 8));

    expect(eighths.flatMap(({ cosine, sine }) => [Math.abs(cosine), Math.abs(sine)])).toEqual(
      new Array(8).fill(Math.SQRT1_2),
    );
  });

  it('has the same value at mirrored angles', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(), (denominator, numerator) => {
        const point = pointOnUnitCircle(numerator, denominator);
        const mirrored = pointOnUnitCircle(denominator - (numerator % denominator), denominator);

        expect(Math.abs(mirrored.cosine - point.cosine)).toBe(0);
        expect(Math.abs(mirrored.sine + point.sine)).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('sha256Words', () => {
  it('agrees with another implementation for every length around a block', () => {
    for (let length = 0; length < 150; length++) {
      const message = Uint8Array.from({ length }, (_, index) => index * 7);

      const digest = [...sha256Words(message)].map((word) => word.toString(16).padStart(8, '0')).join('');

      expect(digest).toBe(createHash('sha256').update(message).digest('hex'));
    }
  });
});
