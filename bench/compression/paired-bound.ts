/** One-sided 95 % quantiles of Student's t by degrees of freedom, from 1. */
const QUANTILES = [
  6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753,
  1.746, 1.74, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697,
];

/** Of more degrees of freedom than the table has. */
const NORMAL_QUANTILE = 1.645;

/** The upper 95 % bound of the mean of paired differences, by Student's t. @throws RangeError for fewer than two. */
export function upperBound(differences: readonly number[]): number {
  const count = differences.length;
  if (count < 2) throw new RangeError('a bound needs two differences');
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const quantile = QUANTILES[count - 2] ?? NORMAL_QUANTILE;
  return mean + quantile * Math.sqrt(squares / (count - 1) / count);
}
