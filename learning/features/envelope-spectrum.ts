import { refuseUnknownOptions } from '../options.ts';
import type { FeatureExtractor, FeatureInput, FeatureSpec } from './feature-extractor.ts';
import { FeatureOptions } from './feature-options.ts';
import { fourierTransform } from './fourier-transform.ts';
import { logOfBands } from './log-of-bands.ts';
import { powerSpectrum } from './power-spectrum.ts';

/**
 * How often impacts come: the window is limited to a band where the machine rings, its envelope is the magnitude of the
 * analytic signal, and of the squared envelope's low frequencies the power in equal bands is taken in decades (R. B.
 * Randall, J. Antoni: Rolling element bearing diagnostics: a tutorial, MSSP 25(2), 2011). Options: `bands`, 32;
 * `minimumHz` and `maximumHz` of the band, an eighth and half of the sampling rate; `envelopeHz`, up to where the
 * envelope is looked at, an eighth. Without a sampling rate in the profile, all are fractions of it.
 * @throws CodedError `E_INVALID_INPUT` for options that do not fit.
 */
export function envelopeSpectrum(
  spec: FeatureSpec,
  { windowLength, sampleRateHz = 1 }: FeatureInput,
): FeatureExtractor {
  refuseUnknownOptions('features', spec, ['bands', 'minimumHz', 'maximumHz', 'envelopeHz']);
  const options = new FeatureOptions(spec);
  const nyquistHz = sampleRateHz / 2;
  const minimumHz = options.number('minimumHz', { minimum: 0, maximum: nyquistHz }, sampleRateHz / 8);
  const maximumHz = options.number('maximumHz', { minimum: 0, maximum: nyquistHz }, nyquistHz);
  const envelopeHz = options.number('envelopeHz', { minimum: 0, maximum: nyquistHz }, sampleRateHz / 8);
  const binOf = (frequencyHz: number) => Math.floor((frequencyHz * windowLength) / sampleRateHz);
  const [first, last] = [Math.max(1, Math.ceil((minimumHz * windowLength) / sampleRateHz)), binOf(maximumHz)];
  if (first >= last)
    options.fault('minimumHz', `the band from ${minimumHz} to ${maximumHz} Hz is too narrow`);
  const spectrum = powerSpectrum(windowLength);
  const bins = Math.min(spectrum.bins, binOf(envelopeHz));
  if (bins < 1) options.fault('envelopeHz', 'is less than the first frequency of a window');
  const most = Math.max(1, bins);
  const bands = options.integer('bands', { minimum: 1, maximum: most }, Math.min(32, most));
  options.refuseFaults();

  const { transform } = fourierTransform(windowLength);
  const [real, imaginary] = [new Float64Array(windowLength), new Float64Array(windowLength)];
  const envelope = new Float32Array(windowLength);
  const powers = new Float64Array(spectrum.bins);
  return {
    size: bands,
    shape: [bands],
    minimumLength: windowLength,
    extract(window, into) {
      if (window.length !== windowLength) throw new RangeError(`a window has ${windowLength} samples`);
      if (into.length !== bands) throw new RangeError(`a window has ${bands} features`);
      real.set(window);
      imaginary.fill(0);
      transform(real, imaginary);
      for (let bin = 0; bin < windowLength; bin++) {
        const isKept = bin >= first && bin <= last;
        // The conjugate, so that the same forward transform carries out the inverse one.
        real[bin] = isKept ? real[bin]! : 0;
        imaginary[bin] = isKept ? -imaginary[bin]! : 0;
      }
      transform(real, imaginary);
      const scale = 4 / (windowLength * windowLength);
      for (let index = 0; index < windowLength; index++) {
        envelope[index] = scale * (real[index]! * real[index]! + imaginary[index]! * imaginary[index]!);
      }
      withoutMean(envelope);
      spectrum.compute(envelope, powers);
      logOfBands(powers, bins, into);
    },
  };
}

/** A weighted window would let the mean leak into the lowest frequencies, which are those of interest. */
function withoutMean(values: Float32Array): void {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  const mean = sum / values.length;
  for (let index = 0; index < values.length; index++) values[index]! -= mean;
}
