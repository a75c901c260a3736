import { CodedError } from '../../runtime/errors.ts';
import { envelopeSpectrum } from './envelope-spectrum.ts';
import type { FeatureExtractor, FeatureInput, FeatureSpec } from './feature-extractor.ts';
import { logBandPower } from './log-band-power.ts';
import { logMel } from './log-mel.ts';
import { orderSpectrum } from './order-spectrum.ts';
import { several } from './several.ts';
import { spectralKurtosis } from './spectral-kurtosis.ts';
import { waveformStatistics } from './waveform-statistics.ts';

/** One line a feature: its key and how to make its extractor for a window length. */
const FEATURES: ReadonlyMap<string, (spec: FeatureSpec, input: FeatureInput) => FeatureExtractor> = new Map([
  ['log-band-power', logBandPower],
  ['log-mel', logMel],
  ['envelope-spectrum', envelopeSpectrum],
  ['order-spectrum', orderSpectrum],
  ['spectral-kurtosis', spectralKurtosis],
  ['waveform-statistics', waveformStatistics],
  ['several', (spec, input) => several(spec, input, extractorOf)],
]);

/** The keys that a data profile may name. */
export const FEATURE_KEYS: readonly string[] = [...FEATURES.keys()];

/**
 * The extractor of a data profile's features. It has work space of its own: one extraction at a time.
 * @param windowLength samples of a window, from 8.
 * @param sampleRateHz of the profile; features on a scale in hertz need it.
 * @throws CodedError `E_UNKNOWN_FEATURE` naming the known ones, `E_INVALID_INPUT` for options that do not fit.
 */
export function featureExtractor(
  spec: FeatureSpec,
  windowLength: number,
  sampleRateHz?: number,
): FeatureExtractor {
  return extractorOf(spec, { windowLength, sampleRateHz });
}

function extractorOf(spec: FeatureSpec, input: FeatureInput): FeatureExtractor {
  const create = FEATURES.get(spec.key);
  if (create !== undefined) return create(spec, input);
  const message = `there is no feature ${JSON.stringify(spec.key)}; known are ${FEATURE_KEYS.join(', ')}`;
  throw new CodedError('E_UNKNOWN_FEATURE', message, { details: { known: FEATURE_KEYS } });
}

/**
 * How many features have a mean and a deviation of their own: those of one frame. What differs by time only is scaled
 * alike, so that a scaler stays small and is fitted on every frame of every window.
 */
export function scaledFeatures({ shape, size }: FeatureExtractor): number {
  return shape.at(-1) ?? size;
}
