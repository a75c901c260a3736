import { refuseUnknownOptions } from '../options.ts';
import type { FeatureExtractor, FeatureInput, FeatureSpec } from './feature-extractor.ts';
import { FeatureOptions } from './feature-options.ts';
import { frameSpectra } from './frame-spectra.ts';
import { meanOfBands } from './mean-of-bands.ts';

/**
 * How impulsive each frequency is: the mean of |X|^4 over the frames of a window, over the square of the mean of |X|^2,
 * minus 2, averaged over equal bands (J. Antoni: The spectral kurtosis: a useful tool for characterising non-stationary
 * signals, MSSP 20(2), 2006). 0 for Gaussian noise, -1 for a steady tone, large for repeated impacts. Options: `bands`,
 * 32; `frameLength`, 128 samples; `hop`, half of it. Frequency 0 and half the sampling rate are left out.
 * @throws CodedError `E_INVALID_INPUT` unless the window has 4 frames or more.
 */
export function spectralKurtosis(spec: FeatureSpec, { windowLength }: FeatureInput): FeatureExtractor {
  refuseUnknownOptions('features', spec, ['bands', 'frameLength', 'hop']);
  const options = new FeatureOptions(spec);
  const frameLength = options.integer('frameLength', { minimum: 8, maximum: windowLength }, 128);
  const hop = options.integer('hop', { minimum: 1, maximum: windowLength }, Math.ceil(frameLength / 2));
  const own = Math.ceil(frameLength / 2) - 1;
  const bands = options.integer('bands', { minimum: 1, maximum: own }, Math.min(32, own));
  const spectra = frameSpectra({
    frameLength,
    hop,
    weighting: 'hann',
    padding: 'none',
    spectrum: 'power',
    scaling: 'none',
  });
  const frames = spectra.frameCount(windowLength);
  if (frames < 4)
    options.fault('frameLength', `a window of ${windowLength} samples has ${frames} frames; 4 are needed`);
  options.refuseFaults();
  const spectrum = new Float64Array(spectra.bins);
  const [second, fourth, kurtosis] = [new Float64Array(own), new Float64Array(own), new Float64Array(own)];
  return {
    size: bands,
    shape: [bands],
    minimumLength: windowLength,
    extract(window, into) {
      if (window.length !== windowLength) throw new RangeError(`a window has ${windowLength} samples`);
      if (into.length !== bands) throw new RangeError(`a window has ${bands} features`);
      second.fill(0);
      fourth.fill(0);
      for (let frame = 0; frame < frames; frame++) {
        spectra.compute(window, frame, spectrum);
        for (let bin = 0; bin < own; bin++) {
          const power = spectrum[bin + 1]!;
          second[bin]! += power;
          fourth[bin]! += power * power;
        }
      }
      for (let bin = 0; bin < own; bin++) {
        const square = second[bin]! * second[bin]!;
        kurtosis[bin] = square === 0 ? 0 : (frames * fourth[bin]!) / square - 2;
      }
      meanOfBands(kurtosis, into);
    },
  };
}
