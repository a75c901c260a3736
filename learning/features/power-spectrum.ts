import { hannWindow } from './hann-window.ts';
import { realTransform } from './real-transform.ts';

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
  const { input, real, imaginary, transform, bins } = realTransform(windowLength);
  const isEven = windowLength % 2 === 0;
  return {
    bins: bins - 1,
    compute(window, into) {
      for (let index = 0; index < windowLength; index++) input[index] = window[index]! * weights[index]!;
      transform();
      for (let bin = 1; bin < bins; bin++) {
        into[bin - 1] = 2 * scale * (real[bin]! * real[bin]! + imaginary[bin]! * imaginary[bin]!);
      }
      // Half the sampling rate has no mirror image whose power it would stand for.
      if (isEven) into[bins - 2] = scale * real[bins - 1]! * real[bins - 1]!;
    },
  };
}
