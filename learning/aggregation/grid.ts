import { CodedError } from '../../runtime/errors.ts';
import type { TensorRole } from '../update-header.ts';

/**
 * The grid on which a tensor's values are summed as 64-bit integers (after J. Demmel, H. D. Nguyen: Fast Reproducible
 * Floating-Point Summation, 2013). It is fixed when the round opens and travels in the job, so that every partial sum
 * anywhere lies on it.
 */
export interface Grid {
  /** Largest magnitude that a value may have; a power of two. */
  readonly bound: number;
  /** Largest sum of factors: the cohort's size times the largest factor of one. */
  readonly maximumFactorSum: number;
}

/** Largest magnitude by role where a federation says nothing. */
export const DEFAULT_BOUNDS = { trainable: 2 ** 6, statistic: 2 ** 20 } as const;

/** The bounds of a federation: those it names, rounded up to a power of two, else the default ones. */
export function boundsOf(given: {
  readonly trainable?: number | undefined;
  readonly statistic?: number | undefined;
}): { readonly trainable: number; readonly statistic: number } {
  const { trainable = DEFAULT_BOUNDS.trainable, statistic = DEFAULT_BOUNDS.statistic } = given;
  return { trainable: 2 ** binaryCeiling(trainable), statistic: 2 ** binaryCeiling(statistic) };
}

/** Sums stay within ± 2^62 steps: one bit is left for what rounding adds. */
const SUM_BITS = 62;

/** Cohort size × largest factor that a grid can be made for, so that sums of factors are exact. */
export const LARGEST_FACTOR_SUM = 2 ** 33;

/**
 * The grid of a tensor.
 * @param bound from 2^-20 to 2^40, rounded up to a power of two; by default that of the role.
 * @throws CodedError `E_INVALID_INPUT` for a bound or a sum of factors (1 to 2^33) beyond these.
 */
export function gridOf(role: Exclude<TensorRole, 'local'>, maximumFactorSum: number, bound?: number): Grid {
  const given = bound ?? DEFAULT_BOUNDS[role];
  if (!(given >= 2 ** -20 && given <= 2 ** 40)) {
    throw new CodedError('E_INVALID_INPUT', `a bound lies between 2^-20 and 2^40, ${given} does not`);
  }
  if (!(maximumFactorSum >= 1 && maximumFactorSum <= LARGEST_FACTOR_SUM)) {
    const message = `cohort size times maximumExampleCount is at most 2^33, not ${maximumFactorSum}`;
    throw new CodedError('E_INVALID_INPUT', message);
  }
  return { bound: 2 ** binaryCeiling(given), maximumFactorSum };
}

/** The distance of the grid's points: 2^ceil(log2(bound · maximumFactorSum)) · 2^-62. */
export function stepOf({ bound, maximumFactorSum }: Grid): number {
  return 2 ** (binaryCeiling(bound * maximumFactorSum) - SUM_BITS);
}

/**
 * How far the mean of contributions, before it is rounded to 32 bits, may be from the true one: half a step for each
 * contribution, three roundings to 64 bits, and one for each product of a factor with more than 29 significant bits.
 * @param mean the mean's magnitude. @param meanMagnitude the weighted mean of the values' magnitudes.
 */
export function meanErrorBound(
  grid: Grid,
  contributions: number,
  factorSum: number,
  mean: number,
  meanMagnitude: number,
): number {
  return (
    (contributions * stepOf(grid)) / (2 * factorSum) +
    Math.abs(mean) * 3 * 2 ** -53 +
    meanMagnitude * 2 ** -53
  );
}

/**
 * Refuses a value outside the grid's bound, an infinity or a NaN. Values are never clipped, saturated or wrapped.
 * @throws CodedError `E_UPDATE_OUT_OF_RANGE`
 */
export function refuseOutOfRange(values: Float32Array, { bound }: Grid, tensor: string, who: string): void {
  const index = values.findIndex((value) => !(Math.abs(value) <= bound));
  if (index < 0) return;
  throw outOfRange(who, `${tensor}[${index}] is ${values[index]}, at most ${bound} is allowed`, tensor);
}

/** @throws CodedError `E_UPDATE_OUT_OF_RANGE` where the factors' sum is above what the grid was made for. */
export function refuseFactorSum(factorSum: number, { maximumFactorSum }: Grid, who: string): void {
  if (factorSum <= maximumFactorSum) return;
  throw outOfRange(
    who,
    `the factors add up to ${factorSum}, the round's grid allows ${maximumFactorSum}`,
    'factor',
  );
}

function outOfRange(who: string, what: string, path: string): CodedError {
  return new CodedError('E_UPDATE_OUT_OF_RANGE', `the update of ${who} is refused: ${what}`, {
    faults: [{ path, message: what }],
  });
}

/** ceil(log2(value)), exact: Math.log2 may be off by a rounding beside a power of two. */
function binaryCeiling(value: number): number {
  let exponent = Math.round(Math.log2(value));
  while (2 ** exponent < value) exponent++;
  while (2 ** (exponent - 1) >= value) exponent--;
  return exponent;
}
