import type { Federation } from '../../../openapi/schemas.ts';
import { profileFeatures } from '../data-set/profile-features.ts';
import type { Workload } from './probe-messages.ts';

/** What a training step of a federation's model is made of. */
export function workloadOf({ model, profile, training }: Federation): Workload {
  return {
    model,
    featureShape: profileFeatures(profile).shape,
    classes: profile.classes.length,
    batchSize: training.batchSize,
  };
}
