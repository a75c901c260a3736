import { type Scaler, standardise } from '../../../learning/statistics.ts';
import type { ScalerMetadata } from '../../../learning/weights/version-metadata.ts';
import type { ExampleSet } from '../data-set/frozen-index.ts';

/** Examples as the model takes them. */
export interface StandardisedExamples {
  readonly count: number;
  readonly featureCount: number;
  readonly features: Float32Array;
  readonly labels: Float32Array;
}

/** Standardises by the version's own scaler, or with `local` by the site's. */
export function standardisedExamples(
  set: ExampleSet,
  version: ScalerMetadata,
  local: Scaler,
): StandardisedExamples {
  const scaler = version.kind === 'federated' ? version : local;
  const features = set.features.slice();
  standardise(features, scaler);
  // A scaler has one entry a band, a window has its bands once a frame.
  const featureCount = set.count === 0 ? scaler.mean.length : features.length / set.count;
  return { count: set.count, featureCount, features, labels: set.labels };
}
