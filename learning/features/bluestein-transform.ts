import { pointOnUnitCircle } from '../portable/unit-circle.ts';
import { type FourierTransform, radix2Transform } from './radix-2-transform.ts';

/**
 * The transform of any length as a convolution with a chirp, which transforms of a power of two carry out (L. I.
 * Bluestein: A linear filtering approach to the computation of discrete Fourier transform, IEEE Trans. Audio and
 * Electroacoustics 18(4), 1970): n log n also for primes.
 */
export function bluesteinTransform(length: number): FourierTransform {
  let size = 1;
  while (size < 2 * length - 1) size *= 2;
  const inner = radix2Transform(size);
  const chirp = chirpOf(length);
  const kernelReal = new Float64Array(size);
  const kernelImaginary = new Float64Array(size);
  for (let index = 0; index < length; index++) {
    const mirrored = (size - index) % size;
    kernelReal[index] = kernelReal[mirrored] = chirp.cosines[index]!;
    kernelImaginary[index] = kernelImaginary[mirrored] = chirp.sines[index]!;
  }
  inner.transform(kernelReal, kernelImaginary);
  const workReal = new Float64Array(size);
  const workImaginary = new Float64Array(size);
  return {
    length,
    transform(real, imaginary) {
      workReal.fill(0, length);
      workImaginary.fill(0, length);
      for (let index = 0; index < length; index++) {
        const cosine = chirp.cosines[index]!;
        const sine = chirp.sines[index]!;
        workReal[index] = real[index]! * cosine + imaginary[index]! * sine;
        workImaginary[index] = imaginary[index]! * cosine - real[index]! * sine;
      }
      inner.transform(workReal, workImaginary);
      for (let index = 0; index < size; index++) {
        const productReal =
          workReal[index]! * kernelReal[index]! - workImaginary[index]! * kernelImaginary[index]!;
        // The conjugate, so that the same forward transform carries out the inverse one.
        workImaginary[index] = -(
          workReal[index]! * kernelImaginary[index]! +
          workImaginary[index]! * kernelReal[index]!
        );
        workReal[index] = productReal;
      }
      inner.transform(workReal, workImaginary);
      for (let index = 0; index < length; index++) {
        const cosine = chirp.cosines[index]!;
        const sine = chirp.sines[index]!;
        const sumReal = workReal[index]! / size;
        const sumImaginary = -workImaginary[index]! / size;
        real[index] = sumReal * cosine + sumImaginary * sine;
        imaginary[index] = sumImaginary * cosine - sumReal * sine;
      }
    },
  };
}

/** e^(pi i n^2 / length). */
function chirpOf(length: number): { cosines: Float64Array; sines: Float64Array } {
  const cosines = new Float64Array(length);
  const sines = new Float64Array(length);
  for (let index = 0; index < length; index++) {
    const point = pointOnUnitCircle((index * index) % (2 * length), 2 * length);
    cosines[index] = point.cosine;
    sines[index] = point.sine;
  }
  return { cosines, sines };
}
