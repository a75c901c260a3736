import type { FlowJob, JobsOptions } from 'bullmq';
import type { RoundJob, TrainJob } from '../openapi/schemas.ts';
import {
  AGGREGATOR_QUEUE,
  jobId,
  parseCommandJobId,
  poolJobId,
  poolQueueName,
  type RoundKey,
} from './job-id.ts';
import { checkedPoolJob, MAXIMUM_JOB_BYTES } from './jobs.ts';

/** A round's jobs: which pool trains which participant, and by when. */
export interface RoundOrder extends RoundKey {
  /** Time left for the updates, in milliseconds; 0 closes at once. */
  readonly deadlineMs: number;
  readonly jobs: readonly { readonly pool: string; readonly job: TrainJob }[];
}

/** How often a pool's job is tried before it fails for good. */
const POOL_ATTEMPTS = 3;

/** Round jobs are tried for hours, since nobody else would close, aggregate or publish the round. */
const ROUND_ATTEMPTS = 10_000;

/** Options of a pool's job with this id. Somebody waits for a command's answer, so it comes before what is queued. */
export function poolJobOptions(id: string): JobsOptions {
  return {
    jobId: id,
    // The outcome of a command is kept elsewhere; its id is never used again.
    ...(parseCommandJobId(id) === undefined ? {} : { lifo: true, removeOnComplete: true }),
    attempts: POOL_ATTEMPTS,
    backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
    sizeLimit: MAXIMUM_JOB_BYTES,
    stackTraceLimit: 0,
  };
}

/** Options of one of the aggregator's own jobs. */
export function roundJobOptions(job: RoundJob, delayMs = 0): JobsOptions {
  return ownJobOptions(jobId(job), delayMs);
}

/** Options of any job that the aggregator gives itself. */
export function ownJobOptions(id: string, delayMs = 0): JobsOptions {
  return {
    jobId: id,
    attempts: ROUND_ATTEMPTS,
    backoff: { type: 'fixed', delay: 1000, jitter: 0.5 },
    delay: Math.max(0, Math.round(delayMs)),
    sizeLimit: MAXIMUM_JOB_BYTES,
    stackTraceLimit: 0,
  };
}

/** The data of one of the aggregator's own jobs. */
export function roundJob({ run, round, roundAttempt }: RoundKey, kind: RoundJob['kind']): RoundJob {
  return { kind, run, round, roundAttempt };
}

/**
 * A round as jobs that are added in one transaction: `aggregate` waits for every `train` job to be done or to have
 * failed for good; `close` comes at the deadline.
 * @throws CodedError `E_JOB_TOO_LARGE`, `E_INVALID_INPUT`
 */
export function roundFlow(order: RoundOrder): FlowJob[] {
  const aggregate = roundJob(order, 'aggregate');
  const close = roundJob(order, 'close');
  const children = order.jobs.map(({ pool, job }) => ({
    name: job.kind,
    queueName: poolQueueName(pool),
    data: checkedPoolJob(job),
    opts: { ...poolJobOptions(poolJobId(pool, job)), ignoreDependencyOnFailure: true },
  }));
  return [
    {
      name: aggregate.kind,
      queueName: AGGREGATOR_QUEUE,
      data: aggregate,
      opts: roundJobOptions(aggregate),
      children,
    },
    {
      name: close.kind,
      queueName: AGGREGATOR_QUEUE,
      data: close,
      opts: roundJobOptions(close, order.deadlineMs),
    },
  ];
}
