import { pointOnUnitCircle } from '../portable/unit-circle.ts';
import { hannWindow } from './hann-window.ts';
import { realTransform } from './real-transform.ts';

/** What a frame's samples are multiplied with. */
export type Weighting = 'hann' | 'hamming';

/** What stands before the first and behind the last sample so that frames are centred on multiples of the hop. */
export type Padding = 'none' | 'zeros' | 'reflect';

/** The spectra of overlapping frames of a window (short-time Fourier transform). */
export interface FrameSpectra {
  /** frameLength / 2 + 1, from frequency 0. */
  readonly bins: number;
  /** Samples of the shortest window that has a frame. */
  readonly minimumLength: number;
  frameCount(samples: number): number;
  /**
   * Computes one frame's spectrum and allocates nothing.
   * @param into receives `bins` values.
   */
  compute(window: Float32Array, frame: number, into: Float64Array): void;
}

interface FrameSpectraOptions {
  readonly frameLength: number;
  readonly hop: number;
  readonly weighting: Weighting;
  readonly padding: Padding;
  readonly spectrum: 'power' | 'magnitude';
  /**
   * `none`: the transform as it is. `density`: the magnitude over the square root of the weights' power, which scipy's
   * `spectrogram` applies in its magnitude mode too.
   */
  readonly scaling: 'none' | 'density';
}

export function frameSpectra(options: FrameSpectraOptions): FrameSpectra {
  const { frameLength, hop, padding, spectrum } = options;
  const { input, real, imaginary, bins, transform } = realTransform(frameLength);
  const weights = options.weighting === 'hann' ? hannWindow(frameLength) : symmetricHamming(frameLength);
  const weightPower = weights.reduce((sum, weight) => sum + weight * weight, 0);
  const scale = options.scaling === 'density' ? 1 / weightPower : 1;
  const pad = padding === 'none' ? 0 : Math.floor(frameLength / 2);
  return {
    bins,
    // A reflection shows each sample but the edge once.
    minimumLength: padding === 'none' ? frameLength : padding === 'reflect' ? pad + 1 : 1,
    frameCount: (samples) => Math.max(0, 1 + Math.floor((samples + 2 * pad - frameLength) / hop)),
    compute(window, frame, into) {
      const begin = frame * hop - pad;
      const last = window.length - 1;
      for (let index = 0; index < frameLength; index++) {
        let at = begin + index;
        if (padding === 'reflect') at = at < 0 ? -at : at > last ? 2 * last - at : at;
        const sample = at < 0 || at > last ? 0 : window[at]!;
        input[index] = sample * weights[index]!;
      }
      transform();
      for (let bin = 0; bin < bins; bin++) {
        const power = scale * (real[bin]! * real[bin]! + imaginary[bin]! * imaginary[bin]!);
        into[bin] = spectrum === 'power' ? power : Math.sqrt(power);
      }
    },
  };
}

/** numpy's `hamming`: 0.54 - 0.46 cos(2 pi n / (length - 1)). */
function symmetricHamming(length: number): Float64Array {
  return Float64Array.from(
    { length },
    (_, index) => 0.54 - 0.46 * pointOnUnitCircle(index, length - 1).cosine,
  );
}
