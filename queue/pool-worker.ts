import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Schemas } from '../openapi/schemas.ts';
import type { Log } from '../runtime/log.ts';
import { openPatientConnection, type QueueConnection } from './connection.ts';
import { poolQueueName, QUEUE_PREFIX } from './job-id.ts';
import { JobWorker } from './job-worker.ts';
import { type PoolJob, parsePoolJob } from './jobs.ts';
import {
  cancelChannel,
  FAILURE_CHANNEL,
  type FailureMessage,
  PROGRESS_CHANNEL,
  type ProgressMessage,
  readMessage,
} from './pool-channel.ts';

/** What a job's function gets besides the job. */
export interface PoolJobContext {
  /** Aborted when the round closed, the run stopped or this worker closes; throw `E_ABORTED` then. */
  readonly signal: AbortSignal;
  /** Tells the aggregator. It never fails nor waits for a Redis that is away, since the next report makes up for it. */
  progress(value: Schemas['TrainingProgress']): Promise<void>;
}

/** Takes a pool's jobs. */
export interface PoolWorker {
  state(): 'connected' | 'unreachable';
  /** Aborts the running jobs, gives back those that do not finish, without costing an attempt, and ends. */
  close(): Promise<void>;
}

interface PoolWorkerOptions {
  readonly connection: QueueConnection;
  readonly pool: string;
  /** Jobs at the same time: the number of slots. */
  readonly concurrency: number;
  readonly log: Log;
  /**
   * Does a job; it may be called again for the same job, but never twice at once. A retryable CodedError costs an
   * attempt, `E_NOT_READY` brings the job back after 250 ms to 2 s, any other code ends the job.
   */
  readonly run: (job: PoolJob, context: PoolJobContext) => Promise<void>;
}

/**
 * Starts the one worker of a pool. It resolves at once and begins when Redis is reachable. The caller holds the lock of
 * the pool's state folder: jobs that a killed predecessor held run again at once.
 * @throws CodedError `E_INVALID_INPUT` or `E_FILE_NOT_FOUND` for a faulty connection.
 */
export async function startPoolWorker(options: PoolWorkerOptions): Promise<PoolWorker> {
  const { connection, pool, concurrency, log } = options;
  const client = openPatientConnection(connection, log);
  const subscriber = client.duplicate();
  // The main connection tells of an outage already.
  subscriber.on('error', () => undefined);
  const report = (failure: FailureMessage) => {
    publish(client, FAILURE_CHANNEL, failure).catch((thrown: unknown) =>
      log.debug({ event: 'job.report.lost', job: failure.jobId }, String(thrown)),
    );
  };
  const worker = new JobWorker({
    client,
    queueName: poolQueueName(pool),
    concurrency,
    log,
    run: async (job, signal) => {
      await options.run(parsePoolJob(job.data), {
        signal,
        progress: (progress) => tellProgress({ client, pool, job, progress, log }),
      });
    },
    failed: (jobId, failedReason) => report({ pool, jobId, failedReason }),
  });
  subscriber.on('message', (_channel, text) => {
    const { jobIds } = readMessage(text);
    if (Array.isArray(jobIds)) for (const jobId of jobIds) worker.cancel(String(jobId));
  });
  // Both wait for Redis, and only `close` ends their waiting.
  subscriber.subscribe(cancelChannel(pool)).catch(() => undefined);
  repeatFailures(client, pool, report).catch((thrown: unknown) =>
    log.debug({ event: 'job.report.lost', pool }, String(thrown)),
  );
  return {
    state: () => (client.status === 'ready' ? 'connected' : 'unreachable'),
    close: async () => {
      await worker.close();
      subscriber.disconnect();
      client.disconnect();
    },
  };
}

interface ProgressReport {
  readonly client: Redis;
  readonly pool: string;
  readonly job: Job;
  readonly progress: Schemas['TrainingProgress'];
  readonly log: Log;
}

async function tellProgress({ client, pool, job, progress, log }: ProgressReport): Promise<void> {
  if (client.status !== 'ready') return;
  try {
    await publish(client, PROGRESS_CHANNEL, { pool, jobId: job.id as string, progress });
  } catch (thrown) {
    log.debug({ event: 'job.progress.lost', job: job.id }, String(thrown));
  }
}

/** A predecessor may have been killed after a job failed and before it said so. */
async function repeatFailures(
  client: Redis,
  pool: string,
  report: (failure: FailureMessage) => void,
): Promise<void> {
  const queue = new Queue(poolQueueName(pool), {
    connection: client,
    prefix: QUEUE_PREFIX,
    skipVersionCheck: true,
    skipMetasUpdate: true,
  });
  queue.on('error', () => undefined);
  for (const { id, failedReason } of await queue.getJobs(['failed'])) {
    if (id !== undefined) report({ pool, jobId: id, failedReason });
  }
}

function publish(client: Redis, channel: string, message: ProgressMessage | FailureMessage): Promise<number> {
  return client.publish(channel, JSON.stringify(message));
}
