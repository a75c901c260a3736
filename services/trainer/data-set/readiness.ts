import type { DataProfile } from '../../../openapi/schemas.ts';
import type { DataSetCounts } from './data-set-view.ts';

/** Whether a participant may enter a cohort, and if not, why. */
export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly code: 'E_NOT_READY' | 'E_TOO_FEW_EXAMPLES'; readonly reason: string };

/** A participant is ready when its source said `finished` or `examples.ready` windows are there (contracts, section 2). */
export function readinessOf(counts: DataSetCounts, profile: DataProfile): Readiness {
  const { windows, trainExamples, finished } = counts;
  const { ready, minimumTrain } = profile.examples;
  if (!finished && windows < ready) {
    return { ready: false, code: 'E_NOT_READY', reason: `collecting: ${windows} of ${ready} windows` };
  }
  if (trainExamples < minimumTrain) {
    const reason = `${trainExamples} train windows, at least ${minimumTrain} are needed`;
    return { ready: false, code: 'E_TOO_FEW_EXAMPLES', reason };
  }
  return { ready: true };
}
