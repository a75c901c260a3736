import type { RoundJob } from '../../openapi/schemas.ts';
import {
  type AggregatorQueue,
  type CommandFailureEvent,
  type FailureEvent,
  openAggregatorQueue,
  type ProgressEvent,
} from '../../queue/aggregator-queue.ts';
import type { QueueConnection } from '../../queue/connection.ts';
import type { PoolJob } from '../../queue/jobs.ts';
import { type PoolJobContext, type PoolWorker, startPoolWorker } from '../../queue/pool-worker.ts';
import { silentLog } from '../../runtime/log.ts';

/** An aggregator's queue that notes what arrives. */
export interface NotedAggregator {
  readonly queue: AggregatorQueue;
  readonly roundJobs: RoundJob[];
  readonly failures: FailureEvent[];
  readonly progress: ProgressEvent[];
  /** Requests of the operations that arrived. */
  readonly operations: string[];
  readonly commandFailures: CommandFailureEvent[];
  readonly reconnections: () => number;
  /** How many jobs of a kind arrived. */
  count(kind: RoundJob['kind']): number;
}

export async function openNotedAggregator(
  connection: QueueConnection,
  run: (job: RoundJob) => Promise<void> = async () => undefined,
): Promise<NotedAggregator> {
  const roundJobs: RoundJob[] = [];
  const failures: FailureEvent[] = [];
  const progress: ProgressEvent[] = [];
  const operations: string[] = [];
  const commandFailures: CommandFailureEvent[] = [];
  let reconnections = 0;
  const queue = await openAggregatorQueue({
    connection,
    log: silentLog,
    run: async (job) => {
      roundJobs.push(job);
      await run(job);
    },
    perform: async (request) => {
      operations.push(request);
    },
    commandFailed: (event) => commandFailures.push(event),
    progress: (event) => progress.push(event),
    failed: (event) => failures.push(event),
    reconnected: () => {
      reconnections += 1;
    },
  });
  return {
    queue,
    roundJobs,
    failures,
    operations,
    commandFailures,
    progress,
    reconnections: () => reconnections,
    count: (kind) => roundJobs.filter((job) => job.kind === kind).length,
  };
}

/** A pool's worker that notes each call of its function. */
export interface NotedPool {
  readonly worker: PoolWorker;
  readonly jobs: PoolJob[];
  /** The participants of the train jobs that arrived, in order of their names. */
  participants(): string[];
}

export async function startNotedPool(
  connection: QueueConnection,
  pool: string,
  run: (job: PoolJob, context: PoolJobContext) => Promise<void> = async () => undefined,
  concurrency = 2,
): Promise<NotedPool> {
  const jobs: PoolJob[] = [];
  const worker = await startPoolWorker({
    connection,
    pool,
    concurrency,
    log: silentLog,
    run: async (job, context) => {
      jobs.push(job);
      await run(job, context);
    },
  });
  return {
    worker,
    jobs,
    participants: () => jobs.flatMap((job) => (job.kind === 'train' ? [job.participant] : [])).sort(),
  };
}

/** Ends when a signal is aborted, with its reason: what a trainer does with a job that is cancelled. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
