import { refuseUnknownOptions } from '../options.ts';
import { naturalLogarithm } from '../portable/natural-logarithm.ts';
import type { FeatureExtractor, FeatureInput, FeatureSpec } from './feature-extractor.ts';
import { frameSpectra } from './frame-spectra.ts';
import { LOG_MEL_OPTIONS, logMelSettings } from './log-mel-settings.ts';
import { melBank } from './mel-bank.ts';

/**
 * The logarithm of the energy by time and pitch: frames of the window, weighted and transformed, summed over triangles
 * on a mel scale. A window that gives fewer frames than wanted repeats them from the first on; one that gives more is
 * cut behind the last wanted. Layout [frames, mels]. Same bits on every platform.
 * @throws CodedError `E_INVALID_INPUT` for options that do not fit, or without a sampling rate.
 */
export function logMel(spec: FeatureSpec, input: FeatureInput): FeatureExtractor {
  refuseUnknownOptions('features', spec, LOG_MEL_OPTIONS);
  const settings = logMelSettings(spec, input);
  const { frames, mels, logarithm } = settings;
  const bank = melBank({ ...settings, bands: mels });
  const spectra = frameSpectra(settings);
  const spectrum = new Float64Array(spectra.bins);
  const values = new Float64Array(frames * mels);
  const size = frames * mels;
  const { windowLength } = input;
  const minimumLength = spectra.minimumLength;
  return {
    size,
    shape: [frames, mels],
    minimumLength,
    extract(window, into) {
      if (window.length > windowLength || window.length < minimumLength) {
        throw new RangeError(`a window has from ${minimumLength} to ${windowLength} samples`);
      }
      if (into.length !== size) throw new RangeError(`a window has ${size} features`);
      const own = Math.min(frames, spectra.frameCount(window.length));
      for (let frame = 0; frame < own; frame++) {
        spectra.compute(window, frame, spectrum);
        bank.apply(spectrum, values, frame * mels);
      }
      const filled = values.subarray(0, own * mels);
      if (logarithm === 'natural') toNatural(filled, settings.floor);
      else toDecibel(filled, settings);
      for (let index = 0; index < size; index++) into[index] = filled[index % filled.length]!;
    },
  };
}

function toNatural(values: Float64Array, floor: number): void {
  for (let index = 0; index < values.length; index++)
    values[index] = naturalLogarithm(values[index]! + floor);
}

const DECIBEL = 10 * Math.LOG10E;

/** librosa's `power_to_db`: the reference is subtracted, then what is far below the largest is raised. */
function toDecibel(
  values: Float64Array,
  {
    floor,
    reference,
    rangeDb,
  }: { floor: number; reference: number | 'maximum'; rangeDb: number | undefined },
): void {
  let largest = Number.NEGATIVE_INFINITY;
  // Math.max, as opposed to a comparison, does not lose a value that is not a number.
  for (let index = 0; index < values.length; index++) largest = Math.max(largest, values[index]!);
  const zero = DECIBEL * naturalLogarithm(Math.max(floor, reference === 'maximum' ? largest : reference));
  const lowest =
    rangeDb === undefined
      ? Number.NEGATIVE_INFINITY
      : DECIBEL * naturalLogarithm(Math.max(floor, largest)) - zero - rangeDb;
  for (let index = 0; index < values.length; index++) {
    const decibel = DECIBEL * naturalLogarithm(Math.max(floor, values[index]!)) - zero;
    values[index] = Math.max(decibel, lowest);
  }
}
