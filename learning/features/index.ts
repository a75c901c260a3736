import { CodedError } from '../../runtime/errors.ts';
import type { FeatureExtractor, FeatureSpec } from './feature-extractor.ts';
import { logBandPower } from './log-band-power.ts';

/** One line a feature: its key and how to make its extractor for a window length. */
const FEATURES: ReadonlyMap<string, (spec: FeatureSpec, windowLength: number) => FeatureExtractor> = new Map([
  ['log-band-power', logBandPower],
]);

/** The keys that a data profile may name. */
export const FEATURE_KEYS: readonly string[] = [...FEATURES.keys()];

/**
 * The extractor of a data profile's features. It has work space of its own: one extraction at a time.
 * @param windowLength samples of a window, from 8.
 * @throws CodedError `E_UNKNOWN_FEATURE` naming the known ones, `E_INVALID_INPUT` for options that do not fit.
 */
export function featureExtractor(spec: FeatureSpec, windowLength: number): FeatureExtractor {
  const create = FEATURES.get(spec.key);
  if (create !== undefined) return create(spec, windowLength);
  const message = `there is no feature ${JSON.stringify(spec.key)}; known are ${FEATURE_KEYS.join(', ')}`;
  throw new CodedError('E_UNKNOWN_FEATURE', message, { details: { known: FEATURE_KEYS } });
}
