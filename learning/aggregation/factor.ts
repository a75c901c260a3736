/** Factors are multiples of 2^-20: their sum is exact, whatever the order. */
export const FACTOR_UNIT = 2 ** -20;

/**
 * A contribution's factor, rounded once to the multiple of 2^-20 nearest to it, ties upwards; integers stay as they are.
 * @param factor a positive number below 2^32.
 * @throws RangeError for any other, also where it would become 0.
 */
export function roundedFactor(factor: number): number {
  const units = Math.round(factor / FACTOR_UNIT);
  if (!(units >= 1 && factor < 2 ** 32)) {
    throw new RangeError(`a factor lies between 2^-20 and 2^32, ${factor} does not`);
  }
  return units * FACTOR_UNIT;
}

/** The sum of rounded factors, exact as long as it is below 2^33. */
export function sumOfFactors(factors: Iterable<number>): number {
  let sum = 0;
  for (const factor of factors) sum += factor;
  return sum;
}
