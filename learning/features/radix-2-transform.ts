import { pointOnUnitCircle } from '../portable/unit-circle.ts';

/**
 * A discrete Fourier transform of complex numbers, forward (e^(-2 pi i k n / N)), without a factor, in place. It
 * allocates nothing; its work space is its own.
 */
export interface FourierTransform {
  readonly length: number;
  transform(real: Float64Array, imaginary: Float64Array): void;
}

/**
 * The transform of a power-of-two length: decimation in time (J. W. Cooley, J. W. Tukey: An algorithm for the machine
 * calculation of complex Fourier series, Math. Comp. 19, 1965).
 */
export function radix2Transform(length: number): FourierTransform {
  const cosines = new Float64Array(length / 2);
  const sines = new Float64Array(length / 2);
  for (let index = 0; index < length / 2; index++) {
    const point = pointOnUnitCircle(index, length);
    cosines[index] = point.cosine;
    sines[index] = -point.sine;
  }
  const reversed = reversedBits(length);
  return {
    length,
    transform(real, imaginary) {
      for (let index = 0; index < length; index++) {
        const other = reversed[index]!;
        if (other <= index) continue;
        const keptReal = real[index]!;
        const keptImaginary = imaginary[index]!;
        real[index] = real[other]!;
        imaginary[index] = imaginary[other]!;
        real[other] = keptReal;
        imaginary[other] = keptImaginary;
      }
      for (let half = 1; half < length; half *= 2) {
        const stride = length / (2 * half);
        for (let start = 0; start < length; start += 2 * half) {
          for (let step = 0; step < half; step++) {
            const cosine = cosines[step * stride]!;
            const sine = sines[step * stride]!;
            const upper = start + step;
            const lower = upper + half;
            const lowerReal = real[lower]! * cosine - imaginary[lower]! * sine;
            const lowerImaginary = real[lower]! * sine + imaginary[lower]! * cosine;
            real[lower] = real[upper]! - lowerReal;
            imaginary[lower] = imaginary[upper]! - lowerImaginary;
            real[upper]! += lowerReal;
            imaginary[upper]! += lowerImaginary;
          }
        }
      }
    },
  };
}

function reversedBits(length: number): Uint32Array {
  const reversed = new Uint32Array(length);
  for (let index = 1; index < length; index++) {
    reversed[index] = (reversed[index >>> 1]! >>> 1) | (index % 2 === 1 ? length / 2 : 0);
  }
  return reversed;
}
