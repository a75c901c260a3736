import { strategyOf } from '../../../learning/strategies/index.ts';
import type { TrainJob } from '../../../openapi/schemas.ts';
import { toCodedError } from '../../../runtime/errors.ts';
import type { FileToSend } from '../aggregator-client.ts';
import type { BackendPlan } from '../backends/backend-plan.ts';
import { patiently } from '../patiently.ts';
import { dataSetOf, type JobContext, type JobResources } from './job-resources.ts';

/**
 * Trains a participant on its frozen index and contributes the update. It may run again at any point: what was trained
 * is stored under its contribution key and sent again, not trained again.
 * @throws CodedError `E_NUMERICS_MISMATCH`, `E_NO_GPU`, `E_NOT_READY`, `E_TRAINING_FAILED`, and what the aggregator refuses with.
 */
export async function train(job: TrainJob, context: JobContext, resources: JobResources): Promise<void> {
  const backend = resources.backends.require(job.numerics, job.training.device);
  strategyOf(job.strategy);
  const update = resources.updates.find(job) ?? (await trainedUpdate(job, backend, context, resources));
  await contribute(job, update, context, resources);
}

async function trainedUpdate(
  job: TrainJob,
  backend: BackendPlan,
  { signal, progress }: JobContext,
  resources: JobResources,
): Promise<FileToSend> {
  const { client, updates, versions, tasks, log } = resources;
  const { federation, run, round, roundAttempt, participant, bases, model, training, strategy } = job;
  const base = bases[0]!;
  const dataSet = dataSetOf(resources, participant);
  const frozenFile = await dataSet.frozenIndex(job);
  await dataSet.forgetOtherRuns(federation, run);
  await updates.forgetBefore(job, federation);
  const report = (epoch: number, figures: { trainedLoss?: number; trainedAccuracy?: number } = {}) =>
    progress({ run, round, epoch, epochs: training.localEpochs, ...figures });
  // Nothing depends on a report, so nobody waits for one; Redis takes them in this order.
  void report(0);
  const fetch = () =>
    patiently(() => client.weights(federation, base), { signal, log, what: 'base version' });
  return versions.use(base, fetch, (baseFile) =>
    updates.keep(job, federation, async (updateFile) => {
      const task = {
        kind: 'train',
        run,
        round,
        roundAttempt,
        participant,
        model,
        training,
        strategy,
      } as const;
      const files = { baseFile, baseSha256: base.sha256, frozenFile, updateFile };
      const { trainedLoss, trainedAccuracy } = await tasks.perform(
        { ...task, ...files },
        {
          signal,
          backend,
          onProgress: (done) => void report(done.epoch, { trainedLoss: done.trainedLoss }),
        },
      );
      void report(training.localEpochs, { trainedLoss, trainedAccuracy });
    }),
  );
}

/** The round's end and an earlier delivery both mean that there is nothing left to do. */
async function contribute(
  job: TrainJob,
  update: FileToSend,
  { signal }: JobContext,
  { client, log }: JobResources,
): Promise<void> {
  const { run, round, roundAttempt, participant } = job;
  try {
    await patiently(() => client.putUpdate(job, update, signal), { signal, log, what: 'update' });
    log.info({ event: 'update.contributed', run, round, roundAttempt, participant, sha256: update.sha256 });
  } catch (thrown) {
    const { code, message } = toCodedError(thrown);
    if (code !== 'E_ALREADY_CONTRIBUTED' && code !== 'E_ROUND_CLOSED') throw thrown;
    log.warn({ event: 'update.not.needed', run, round, roundAttempt, participant, code }, message);
  }
}
