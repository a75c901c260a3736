import { pointOnUnitCircle } from '../portable/unit-circle.ts';

/**
 * The periodic Hann window, 0.5 - 0.5 cos(2 pi n / length): the one for spectra (F. J. Harris: On the use of windows for
 * harmonic analysis with the discrete Fourier transform, Proc. IEEE 66(1), 1978).
 */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => 0.5 - 0.5 * pointOnUnitCircle(index, length).cosine);
}
