import type { FeatureExtractor } from '../../../learning/features/feature-extractor.ts';
import { featureExtractor } from '../../../learning/features/index.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import { CodedError, type Fault } from '../../../runtime/errors.ts';

/**
 * The extractor of a data profile.
 * @throws CodedError `E_UNKNOWN_FEATURE`; `E_INVALID_INPUT` for options that do not fit, or windows that may be shorter
 * than the features allow.
 */
export function profileFeatures({ features, window, sampleRateHz, signals }: DataProfile): FeatureExtractor {
  const extractor = featureExtractor(features, window.length, sampleRateHz);
  const faults: Fault[] = [];
  const shortest = Math.min(window.minimum ?? window.length, window.length);
  if (shortest < extractor.minimumLength) {
    const message = `must be at least ${extractor.minimumLength}, or absent: ${features.key} takes no shorter windows`;
    faults.push({ path: '/window/minimum', message });
  }
  const { speedSignal } = extractor;
  if (speedSignal !== undefined && !(signals.context ?? []).includes(speedSignal)) {
    faults.push({
      path: '/signals/context',
      message: `must contain ${speedSignal}, which ${features.key} needs`,
    });
  }
  if (faults.length === 0) return extractor;
  throw new CodedError('E_INVALID_INPUT', 'the features do not fit the profile', { faults });
}
