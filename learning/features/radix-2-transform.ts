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
  // One stage after the other, each in the order of use: for the stage of `half`, from `half` on.
  const cosines = new Float64Array(length);
  const sines = new Float64Array(length);
  for (let half = 1; half < length; half *= 2) {
    for (let step = 0; step < half; step++) {
      const point = pointOnUnitCircle(step, 2 * half);
      cosines[half + step] = point.cosine;
      sines[half + step] = -point.sine;
    }
  }
  const reversed = reversedBits(length);
  return {
    length,
    transform: (real, imaginary) => inPlace(real, imaginary, { reversed, cosines, sines }),
  };
}

interface Tables {
  readonly reversed: Uint32Array;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** A function of its own, and no closure: those of several lengths would share code that is compiled for none. */
function inPlace(real: Float64Array, imaginary: Float64Array, { reversed, cosines, sines }: Tables): void {
  const { length } = reversed;
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
  // The factors of the first stage are all 1.
  for (let upper = 0; upper + 1 < length; upper += 2) {
    const lowerReal = real[upper + 1]!;
    const lowerImaginary = imaginary[upper + 1]!;
    real[upper + 1] = real[upper]! - lowerReal;
    imaginary[upper + 1] = imaginary[upper]! - lowerImaginary;
    real[upper]! += lowerReal;
    imaginary[upper]! += lowerImaginary;
  }
  for (let half = 2; half < length; half *= 2) {
    for (let start = 0; start < length; start += 2 * half) {
      for (let step = 0; step < half; step++) {
        const cosine = cosines[half + step]!;
        const sine = sines[half + step]!;
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
}

function reversedBits(length: number): Uint32Array {
  const reversed = new Uint32Array(length);
  for (let index = 1; index < length; index++) {
    reversed[index] = (reversed[index >>> 1]! >>> 1) | (index % 2 === 1 ? length / 2 : 0);
  }
  return reversed;
}
