import { resultOfSums } from '../../../learning/metrics.ts';
import type { EvaluateJob } from '../../../openapi/schemas.ts';
import { patiently } from '../patiently.ts';
import type { OwnUse } from '../training/messages.ts';
import { fetchVersion } from './fetch-version.ts';
import { dataSetOf, type JobContext, type JobResources } from './job-resources.ts';

/**
 * Scores a global version on the local test windows of the pool's participants, as it is or as each of them uses it, and
 * reports it.
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
  const own = await ownUse(job, resources);
  for (const participant of participants) {
    frozenFiles.push(await dataSetOf(resources, participant).frozenIndex(job));
  }
  const fetch = fetchVersion(federation, version, context, resources);
  const sums = await versions.use(version, fetch, (versionFile) =>
    tasks.perform(
      { kind: 'evaluate', versionFile, model, frozenFiles, ...(own !== undefined && { own }) },
      { signal, backend },
    ),
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

/** With what the participants use the version, where the job asks for that; undefined scores the version alone. */
async function ownUse(job: EvaluateJob, resources: JobResources): Promise<OwnUse | undefined> {
  const { run, strategy, training, lastCountedUpdates } = job;
  if (strategy === undefined || training === undefined) return undefined;
  const participants: OwnUse['participants'][number][] = [];
  for (const participant of job.participants) {
    const { states } = dataSetOf(resources, participant);
    const key = { run, strategy: strategy.key };
    const stateFile = await states.fileOf(key, lastCountedUpdates?.[participant]);
    participants.push({ participant, ...(stateFile !== undefined && { stateFile }) });
  }
  return { strategy, training, participants };
}
