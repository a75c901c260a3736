import { resultOfSums } from '../../../learning/metrics.ts';
import type { EvaluateJob } from '../../../openapi/schemas.ts';
import { patiently } from '../patiently.ts';
import { fetchVersion } from './fetch-version.ts';
import { dataSetOf, type JobContext, type JobResources } from './job-resources.ts';

/**
 * Scores a global version on the local test windows of the pool's participants and reports it.
 * @throws CodedError `E_NUMERICS_MISMATCH`, `E_NOT_READY` while a participant has no frozen index and cannot have one.
 */
export async function evaluate(
  job: EvaluateJob,
  context: JobContext,
  resources: JobResources,
): Promise<void> {
  const backend = resources.backends.require(job.numerics);
  const { client, versions, tasks, log } = resources;
  const { run, federation, version, participants, model } = job;
  const { signal } = context;
  const frozenFiles: string[] = [];
  for (const participant of participants) {
    frozenFiles.push(await dataSetOf(resources, participant).frozenIndex(job));
  }
  const fetch = fetchVersion(federation, version, context, resources);
  const sums = await versions.use(version, fetch, (versionFile) =>
    tasks.perform({ kind: 'evaluate', versionFile, model, frozenFiles }, { signal, backend }),
  );
  const results = participants.map((participant, index) => {
    const { confusion, ...figures } = resultOfSums(sums[index]!);
    const matrix =
      job.share === 'full' && confusion !== undefined ? confusion.map((row) => [...row]) : undefined;
    return { participant, ...figures, ...(matrix !== undefined && { confusion: matrix }) };
  });
  const { group, number, sha256 } = version;
  const report = { group, number, sha256, results };
  await patiently(() => client.postEvaluation(run, report), { signal, log, what: 'evaluation' });
}
