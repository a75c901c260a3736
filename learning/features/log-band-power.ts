import { CodedError } from '../../runtime/errors.ts';
import { refuseUnknownOptions } from '../options.ts';
import type { FeatureExtractor, FeatureInput, FeatureSpec } from './feature-extractor.ts';
import { logOfBands } from './log-of-bands.ts';
import { powerSpectrum } from './power-spectrum.ts';

const DEFAULT_BANDS = 32;

/**
 * The power in equal bands, in decades: the power spectrum of the window weighted by Hann, without its mean (bins 1 to
 * windowLength / 2), summed over `bands` (32 by default) contiguous bands of as equal width as whole bins allow, then
 * log10 with an absolute floor of 1e-12 in the samples' unit squared. Same bits on every platform.
 * @throws CodedError `E_INVALID_INPUT` unless `bands` is an integer from 1 to windowLength / 2.
 */
export function logBandPower(spec: FeatureSpec, { windowLength }: FeatureInput): FeatureExtractor {
  refuseUnknownOptions('features', spec, ['bands']);
  const spectrum = powerSpectrum(windowLength);
  const bands = bandsOf(spec, spectrum.bins);
  const powers = new Float64Array(spectrum.bins);
  return {
    size: bands,
    shape: [bands],
    minimumLength: windowLength,
    extract(window, into) {
      if (window.length !== windowLength) throw new RangeError(`a window has ${windowLength} samples`);
      if (into.length !== bands) throw new RangeError(`a window has ${bands} features`);
      spectrum.compute(window, powers);
      logOfBands(powers, spectrum.bins, into);
    },
  };
}

function bandsOf(spec: FeatureSpec, bins: number): number {
  const bands = spec['bands'] ?? DEFAULT_BANDS;
  if (typeof bands === 'number' && Number.isInteger(bands) && bands >= 1 && bands <= bins) return bands;
  const message = `must be an integer from 1 to ${bins}, the bins of the window's spectrum`;
  throw new CodedError('E_INVALID_INPUT', 'the features do not fit the window', {
    faults: [{ path: '/features/bands', message }],
  });
}
