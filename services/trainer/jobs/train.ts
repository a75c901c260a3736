import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline as streamed } from 'node:stream/promises';
import { strategyOf } from '../../../learning/strategies/index.ts';
import type { Strategy } from '../../../learning/strategies/strategy.ts';
import type { TrainJob } from '../../../openapi/schemas.ts';
import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import type { FileToSend } from '../aggregator-client.ts';
import type { BackendPlan } from '../backends/backend-plan.ts';
import type { LocalDataSet } from '../data-set/local-data-set.ts';
import { keepsOwnState } from '../participant-state/keeps-own-state.ts';
import { patiently } from '../patiently.ts';
import type { TrainTask } from '../training/messages.ts';
import { withStrategyState, withVersions } from './fetch-version.ts';
import { dataSetOf, type JobContext, type JobResources } from './job-resources.ts';

/**
 * Trains a participant on its frozen index and contributes the update. It may run again at any point: what was trained
 * is stored under its contribution key and sent again, not trained again.
 * @throws CodedError `E_NUMERICS_MISMATCH`, `E_NO_GPU`, `E_NOT_READY`, `E_TRAINING_FAILED`, `E_STATE_LOST`, and what the
 * aggregator refuses with.
 */
export async function train(job: TrainJob, context: JobContext, resources: JobResources): Promise<void> {
  const backend = resources.backends.require(job.numerics, job.training.device);
  const strategy = strategyOf(job.strategy);
  const update =
    resources.updates.find(job) ?? (await trainedUpdate(job, strategy, backend, context, resources));
  if (update !== undefined) await contribute(job, update, context, resources);
}

/** Trains; undefined where the participant has seen a later job, whose round is the one that is open. */
async function trainedUpdate(
  job: TrainJob,
  strategy: Strategy,
  backend: BackendPlan,
  context: JobContext,
  resources: JobResources,
): Promise<FileToSend | undefined> {
  const { updates, tasks } = resources;
  const { federation, run, round, roundAttempt, participant, bases, model, training, pipeline } = job;
  const dataSet = dataSetOf(resources, participant);
  const frozenFile = await dataSet.frozenIndex(job);
  await dataSet.forgetOtherRuns(federation, run);
  await updates.forgetBefore(job, federation);
  const state = await ownState(job, strategy, dataSet, resources);
  if (state === undefined) return undefined;
  const report = (
    epoch: number,
    epochs: number,
    figures: { trainedLoss?: number; trainedAccuracy?: number } = {},
  ) => context.progress({ run, round, epoch, epochs, ...figures });
  // Nothing depends on a report, so nobody waits for one; Redis takes them in this order.
  void report(0, training.localEpochs);
  let { localEpochs: epochs } = training;
  const perform = async (files: Pick<TrainTask, 'bases' | 'updateFile' | 'strategyStateFile'>) => {
    const task: TrainTask = {
      kind: 'train',
      run,
      round,
      roundAttempt,
      participant,
      model,
      training,
      strategy: job.strategy,
      frozenFile,
      ...(pipeline !== undefined && { pipeline }),
      ...files,
      ...state.files,
    };
    const { trainedLoss, trainedAccuracy } = await tasks.perform(task, {
      signal: context.signal,
      backend,
      onProgress: (done) => {
        epochs = done.epochs;
        void report(done.epoch, epochs, { trainedLoss: done.trainedLoss });
      },
    });
    // What is kept must be here before the update can leave: a stored update is sent, whatever happens next.
    await state.propose(files.updateFile);
    void report(epochs, epochs, { trainedLoss, trainedAccuracy });
  };
  return withStrategyState(federation, job.strategyState, context, resources, (strategyStateFile) =>
    withVersions(federation, bases, context, resources, (files) =>
      updates.keep(job, federation, (updateFile) =>
        perform({
          bases: bases.map(({ group, sha256 }, index) => ({ group, file: files[index]!, sha256 })),
          updateFile,
          ...(strategyStateFile !== undefined && { strategyStateFile }),
        }),
      ),
    ),
  ).finally(state.cleanUp);
}

/** What the participant keeps, for a training. */
interface OwnState {
  readonly files: Pick<TrainTask, 'stateFile' | 'nextStateFile' | 'isStateLost'>;
  /** Keeps what the training left behind, under the update that it made. */
  propose(updateFile: string): Promise<void>;
  /** Removes what was written and not kept. */
  cleanUp(): Promise<void>;
}

/**
 * Brings what the participant keeps to what the aggregator counts; undefined for a job whose round is over.
 * @throws CodedError `E_STATE_LOST` where it is not here and the strategy cannot do without.
 */
async function ownState(
  job: TrainJob,
  strategy: Strategy,
  { states }: LocalDataSet,
  { log }: JobResources,
): Promise<OwnState | undefined> {
  if (!keepsOwnState(strategy, job.pipeline))
    return { files: {}, propose: async () => undefined, cleanUp: async () => undefined };
  const { run, federation, round, roundAttempt, participant } = job;
  const key = { run, federation, strategy: strategy.key };
  const found = await states.settle(key, job);
  if (found.kind === 'stale') {
    log.warn({ event: 'job.stale', run, round, roundAttempt, participant });
    return undefined;
  }
  if (found.kind === 'lost') {
    const message = `participant ${participant} has lost what it kept of its last update that counted (run ${run}, strategy ${strategy.key})`;
    if (strategy.lostState === 'exclude') throw new CodedError('E_STATE_LOST', message);
    log.warn({ event: 'state.lost', run, round, roundAttempt, participant }, `${message}; it starts anew`);
  }
  const nextStateFile = await states.newFile();
  return {
    files: {
      nextStateFile,
      ...(found.kind === 'lost' && { isStateLost: true }),
      ...(found.kind === 'ready' && found.file !== undefined && { stateFile: found.file }),
    },
    propose: async (updateFile) =>
      states.propose(key, job, { update: await sha256OfFile(updateFile), file: nextStateFile }),
    cleanUp: () => rm(nextStateFile, { force: true }),
  };
}

async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await streamed(createReadStream(file), hash);
  return hash.digest('hex');
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
