import { pointOnUnitCircle } from '../portable/unit-circle.ts';
import { fourierTransform } from './fourier-transform.ts';
import { hannWindow } from './hann-window.ts';

/** The power of a window of samples by frequency. */
export interface PowerSpectrum {
  /** floor(windowLength / 2): bin k - 1 is frequency k / windowLength of the sampling rate; there is no bin for 0. */
  readonly bins: number;
  /**
   * Computes the spectrum and allocates nothing.
   * @param into receives the `bins` powers, in the samples' unit squared.
   */
  compute(window: Float32Array, into: Float64Array): void;
}

/**
 * The one-sided power spectrum of windows weighted by Hann. It is scaled by the Hann window's own power, so that the
 * bins of a stationary signal without offset add up to its mean square (Parseval).
 * @param windowLength samples, from 2.
 */
export function powerSpectrum(windowLength: number): PowerSpectrum {
  const weights = hannWindow(windowLength);
  const weightPower = weights.reduce((sum, weight) => sum + weight * weight, 0);
  const scale = 1 / (windowLength * weightPower);
  return windowLength % 2 === 0
    ? evenSpectrum(windowLength, weights, scale)
    : oddSpectrum(windowLength, weights, scale);
}

/**
 * Two samples go into one complex number, so that a transform of half the length does (W. H. Press et al.: Numerical
 * Recipes, FFT of a single real function).
 */
function evenSpectrum(windowLength: number, weights: Float64Array, scale: number): PowerSpectrum {
  const half = windowLength / 2;
  const inner = fourierTransform(half);
  const real = new Float64Array(half);
  const imaginary = new Float64Array(half);
  const cosines = new Float64Array(half);
  const sines = new Float64Array(half);
  for (let bin = 0; bin < half; bin++) {
    const point = pointOnUnitCircle(bin, windowLength);
    cosines[bin] = point.cosine;
    sines[bin] = -point.sine;
  }
  return {
    bins: half,
    compute(window, into) {
      for (let index = 0; index < half; index++) {
        real[index] = window[2 * index]! * weights[2 * index]!;
        imaginary[index] = window[2 * index + 1]! * weights[2 * index + 1]!;
      }
      inner.transform(real, imaginary);
      for (let bin = 1; bin < half; bin++) {
        const mirror = half - bin;
        const evenReal = (real[bin]! + real[mirror]!) / 2;
        const evenImaginary = (imaginary[bin]! - imaginary[mirror]!) / 2;
        const oddReal = (imaginary[bin]! + imaginary[mirror]!) / 2;
        const oddImaginary = (real[mirror]! - real[bin]!) / 2;
        const sumReal = evenReal + oddReal * cosines[bin]! - oddImaginary * sines[bin]!;
        const sumImaginary = evenImaginary + oddReal * sines[bin]! + oddImaginary * cosines[bin]!;
        into[bin - 1] = 2 * scale * (sumReal * sumReal + sumImaginary * sumImaginary);
      }
      // Half the sampling rate has no mirror image whose power it would stand for.
      const nyquist = real[0]! - imaginary[0]!;
      into[half - 1] = scale * nyquist * nyquist;
    },
  };
}

function oddSpectrum(windowLength: number, weights: Float64Array, scale: number): PowerSpectrum {
  const bins = (windowLength - 1) / 2;
  const inner = fourierTransform(windowLength);
  const real = new Float64Array(windowLength);
  const imaginary = new Float64Array(windowLength);
  return {
    bins,
    compute(window, into) {
      for (let index = 0; index < windowLength; index++) real[index] = window[index]! * weights[index]!;
      imaginary.fill(0);
      inner.transform(real, imaginary);
      for (let bin = 1; bin <= bins; bin++) {
        into[bin - 1] = 2 * scale * (real[bin]! * real[bin]! + imaginary[bin]! * imaginary[bin]!);
      }
    },
  };
}
