import { pointOnUnitCircle } from '../portable/unit-circle.ts';
import { fourierTransform } from './fourier-transform.ts';

/** The discrete Fourier transform of real samples: the half of it that the other half mirrors. */
export interface RealTransform {
  readonly length: number;
  /** floor(length / 2) + 1: frequency 0 up to half the sampling rate. */
  readonly bins: number;
  /** The samples to transform; write them before `transform`, which destroys them. */
  readonly input: Float64Array;
  /** The result by bin, without a factor. */
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  /** Allocates nothing. */
  transform(): void;
}

/** @param length samples, from 2. */
export function realTransform(length: number): RealTransform {
  return length % 2 === 0 ? evenTransform(length) : oddTransform(length);
}

/**
 * Two samples go into one complex number, so that a transform of half the length does (W. H. Press et al.: Numerical
 * Recipes, FFT of a single real function).
 */
function evenTransform(length: number): RealTransform {
  const half = length / 2;
  const inner = fourierTransform(half);
  const input = new Float64Array(length);
  const innerReal = new Float64Array(half);
  const innerImaginary = new Float64Array(half);
  const real = new Float64Array(half + 1);
  const imaginary = new Float64Array(half + 1);
  const cosines = new Float64Array(half);
  const sines = new Float64Array(half);
  for (let bin = 0; bin < half; bin++) {
    const point = pointOnUnitCircle(bin, length);
    cosines[bin] = point.cosine;
    sines[bin] = -point.sine;
  }
  return {
    length,
    bins: half + 1,
    input,
    real,
    imaginary,
    transform() {
      for (let index = 0; index < half; index++) {
        innerReal[index] = input[2 * index]!;
        innerImaginary[index] = input[2 * index + 1]!;
      }
      inner.transform(innerReal, innerImaginary);
      for (let bin = 1; bin < half; bin++) {
        const mirror = half - bin;
        const evenReal = (innerReal[bin]! + innerReal[mirror]!) / 2;
        const evenImaginary = (innerImaginary[bin]! - innerImaginary[mirror]!) / 2;
        const oddReal = (innerImaginary[bin]! + innerImaginary[mirror]!) / 2;
        const oddImaginary = (innerReal[mirror]! - innerReal[bin]!) / 2;
        real[bin] = evenReal + oddReal * cosines[bin]! - oddImaginary * sines[bin]!;
        imaginary[bin] = evenImaginary + oddReal * sines[bin]! + oddImaginary * cosines[bin]!;
      }
      real[0] = innerReal[0]! + innerImaginary[0]!;
      real[half] = innerReal[0]! - innerImaginary[0]!;
    },
  };
}

function oddTransform(length: number): RealTransform {
  const bins = (length + 1) / 2;
  const inner = fourierTransform(length);
  const real = new Float64Array(length);
  const imaginary = new Float64Array(length);
  return {
    length,
    bins,
    input: real,
    real,
    imaginary,
    transform() {
      imaginary.fill(0);
      inner.transform(real, imaginary);
    },
  };
}
