import { featureStatistics } from '../../../learning/statistics.ts';
import type { StatisticsJob } from '../../../openapi/schemas.ts';
import { readFrozenIndex } from '../data-set/frozen-index.ts';
import { patiently } from '../patiently.ts';
import { dataSetOf, type JobContext, type JobResources } from './job-resources.ts';

/**
 * Sums a participant's train windows for federated standardisation; freezes its index for the run.
 * @throws CodedError `E_NOT_READY`, `E_TOO_FEW_EXAMPLES`.
 */
export async function statistics(
  job: StatisticsJob,
  { signal }: JobContext,
  resources: JobResources,
): Promise<void> {
  const { client, log } = resources;
  const dataSet = dataSetOf(resources, job.participant);
  const frozen = await readFrozenIndex(await dataSet.frozenIndex(job));
  await dataSet.forgetOtherRuns(job.federation, job.run);
  const { count, sum, sumOfSquares } = featureStatistics(frozen.train.features, frozen.scaler.mean.length);
  const body = { count, sum: [...sum], sumOfSquares: [...sumOfSquares] };
  await patiently(() => client.putStatistics(job.run, job.participant, body), {
    signal,
    log,
    what: 'statistics',
  });
}
