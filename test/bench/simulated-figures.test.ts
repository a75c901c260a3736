import { upperBound } from '../../bench/compression/paired-bound.ts';
import { adjustedRandIndex } from '../../bench/heterogeneity/rand-index.ts';

describe('the adjusted Rand index', () => {
  it('is 1 for equal partitions, whatever the groups are called', () => {
    expect(adjustedRandIndex(['a', 'a', 'b', 'b'], ['x', 'x', 'y', 'y'])).toBe(1);
  });

  it('is 0 where everything is one group and the truth is two', () => {
    expect(adjustedRandIndex(['a', 'a', 'b', 'b'], ['x', 'x', 'x', 'x'])).toBe(0);
  });

  it('is what Hubert and Arabie compute by hand', () => {
    // One of six items in the wrong group: 4 pairs together, 6 and 7 in the partitions, 15 in all.
    const index = adjustedRandIndex(['a', 'a', 'a', 'b', 'b', 'b'], ['x', 'x', 'y', 'y', 'y', 'y']);

    expect(index).toBeCloseTo((4 - (6 * 7) / 15) / (6.5 - (6 * 7) / 15), 12);
  });
});

describe('the bound of a mean of paired differences', () => {
  it('is the mean where all are equal', () => {
    expect(upperBound([0.01, 0.01, 0.01])).toBeCloseTo(0.01, 12);
  });

  it('is above the mean by the quantile of Student times the standard error', () => {
    expect(upperBound([0, 0.02])).toBeCloseTo(0.01 + 6.314 * 0.01, 12);
  });
});
