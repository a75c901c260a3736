import { bluesteinTransform } from './bluestein-transform.ts';
import { type FourierTransform, radix2Transform } from './radix-2-transform.ts';

/**
 * The transform of a length: radix 2 for powers of two, Bluestein's for every other.
 * @param length from 1.
 */
export function fourierTransform(length: number): FourierTransform {
  const isPowerOfTwo = (length & (length - 1)) === 0;
  return isPowerOfTwo ? radix2Transform(length) : bluesteinTransform(length);
}
