import type { Redis } from 'ioredis';
import type {
  EvaluateJob,
  FeedbackJob,
  InferJob,
  InitialiseJob,
  RoundJob,
  Schemas,
  StatisticsJob,
} from '../openapi/schemas.ts';
import { validate } from '../openapi/validate.ts';
import type { ErrorCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { enforceRedisSettings, toRedisError } from './check-redis.ts';
import {
  describeConnection,
  openFailFastConnection,
  openPatientConnection,
  type QueueConnection,
} from './connection.ts';
import { parseFailure } from './job-failure.ts';
import {
  AGGREGATOR_QUEUE,
  type CommandKey,
  type JobKey,
  parseCommandJobId,
  parseJobId,
  type RoundKey,
} from './job-id.ts';
import { JobWorker } from './job-worker.ts';
import { parseAggregatorJob } from './jobs.ts';
import { mergeMetrics } from './merge-metrics.ts';
import { FAILURE_CHANNEL, PROGRESS_CHANNEL, readMessage } from './pool-channel.ts';
import { type RoundOrder, roundJob } from './round-flow.ts';
import { RoundQueue } from './round-queue.ts';
import { whileReachable } from './while-reachable.ts';

/**
 * The aggregator's side of the queue. Everything may be repeated with the same ids and changes nothing then, and fails
 * with `E_REDIS_UNREACHABLE` at once while Redis is away: the aggregator's own state is what counts, and it adds what is
 * open again at its start and at each `reconnected`.
 */
export interface AggregatorQueue {
  /** Adds a round's jobs in one transaction. Of a round that is there already the deadline moves, and failures are told again. */
  addRound(order: RoundOrder): Promise<void>;
  /** Closes a round with what came in: unfinished training is dropped or aborted, so that `aggregate` runs now. */
  closeRound(round: RoundKey): Promise<void>;
  addPublish(round: RoundKey): Promise<void>;
  /** Adds a job outside a round. One that has failed for good already is told to `failed` again. */
  addPoolJob(pool: string, job: InitialiseJob | StatisticsJob | EvaluateJob): Promise<void>;
  /** Adds the job that performs an invoked operation. */
  addOperation(request: string): Promise<void>;
  /** Adds a command's job for a participant of the pool, before what waits there. */
  addCommand(pool: string, job: InferJob | FeedbackJob): Promise<void>;
  /** Takes a command's job back, or aborts it. */
  dropCommand(pool: string, job: InferJob | FeedbackJob): Promise<void>;
  /** Removes all jobs of a run and aborts those that run. */
  dropRun(run: string): Promise<void>;
  /** Forgets the jobs of a round; until then their ids keep them from running again. */
  removeRound(round: RoundKey): Promise<void>;
  state(): 'connected' | 'unreachable';
  /** Job counts of all queues in Prometheus' text format; empty while Redis is away. */
  metrics(): Promise<string>;
  /** Waits for the running jobs and ends. */
  close(): Promise<void>;
}

/** Progress of a pool's job. */
export interface ProgressEvent {
  readonly pool: string;
  readonly job: JobKey;
  readonly progress: Schemas['TrainingProgress'];
}

/** A job that failed for good; told at least once. */
export interface FailureEvent extends JobKey {
  /** Absent for the aggregator's own jobs. */
  readonly pool?: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** A command's job of a pool that failed for good; told at least once. */
export interface CommandFailureEvent extends CommandKey {
  readonly pool?: string;
  readonly code: ErrorCode;
  readonly message: string;
}

interface AggregatorQueueOptions {
  readonly connection: QueueConnection;
  readonly log: Log;
  /**
   * Does `close`, `aggregate` or `publish`, at least once each, several rounds' jobs at a time but never the same job
   * twice at once. A retryable CodedError is tried again for hours, `E_NOT_READY` after 250 ms to 2 s.
   */
  readonly run: (job: RoundJob) => Promise<void>;
  /** Performs an invoked operation, at least once, under the same rules. */
  readonly perform: (request: string) => Promise<void>;
  readonly progress: (event: ProgressEvent) => void;
  readonly failed: (event: FailureEvent) => void;
  readonly commandFailed: (event: CommandFailureEvent) => void;
  /** Redis is reachable (again): add what is open. */
  readonly reconnected: () => void;
}

/** Rounds whose jobs run at the same time. */
const CONCURRENCY = 4;

/**
 * Opens the queue. It resolves also while Redis is away: `state` says so, and `reconnected` is called when it comes.
 * @throws CodedError `E_REDIS_CONFIGURATION` for a Redis that may lose jobs or refuses the password, `E_INVALID_INPUT` or
 * `E_FILE_NOT_FOUND` for a faulty connection.
 */
export async function openAggregatorQueue(options: AggregatorQueueOptions): Promise<AggregatorQueue> {
  const { connection, log } = options;
  const producer = openFailFastConnection(connection, log);
  try {
    await firstContact(producer, describeConnection(connection), log);
  } catch (thrown) {
    producer.disconnect();
    throw thrown;
  }
  const tellFailure = (pool: string | undefined, id: string, failedReason: string) => {
    const failure = { ...(pool === undefined ? {} : { pool }), ...parseFailure(failedReason) };
    const command = parseCommandJobId(id);
    if (command !== undefined) options.commandFailed({ ...command, ...failure });
    const key = parseJobId(id);
    if (key !== undefined) options.failed({ ...key, ...failure });
  };
  const rounds = new RoundQueue(producer, ({ pool, id }, reason) => tellFailure(pool, id, reason));
  const consumer = openPatientConnection(connection, log);
  const worker = new JobWorker({
    client: consumer,
    queueName: AGGREGATOR_QUEUE,
    concurrency: CONCURRENCY,
    log,
    run: ({ data }) => {
      const job = parseAggregatorJob(data);
      return job.kind === 'operation' ? options.perform(job.request) : options.run(job);
    },
    failed: (id, failedReason) => tellFailure(undefined, id, failedReason),
  });
  const subscriber = listen(consumer, {
    [PROGRESS_CHANNEL]: (message) => tellProgress(message, options),
    [FAILURE_CHANNEL]: ({ pool, jobId, failedReason }) =>
      tellFailure(String(pool), String(jobId), String(failedReason)),
  });
  producer.on('ready', () => {
    rounds.queues.distrust();
    options.reconnected();
  });
  const attempt = <Value>(commands: () => Promise<Value>) => whileReachable(producer, commands);
  const state = () => (producer.status === 'ready' ? 'connected' : 'unreachable');
  return {
    addRound: (order) => attempt(() => rounds.addRound(order)),
    closeRound: (round) => attempt(() => rounds.closeRound(round)),
    addPublish: (round) => attempt(() => rounds.addRoundJob(roundJob(round, 'publish'))),
    addPoolJob: (pool, job) => attempt(() => rounds.addPoolJob(pool, job)),
    addOperation: (request) => attempt(() => rounds.addOperation(request)),
    addCommand: (pool, job) => attempt(() => rounds.addPoolJob(pool, job)),
    dropCommand: (pool, job) => attempt(() => rounds.dropPoolJob(pool, job)),
    dropRun: (run) => attempt(() => rounds.dropRun(run)),
    removeRound: (round) => attempt(() => rounds.removeRound(round)),
    state,
    metrics: async () => {
      if (state() === 'unreachable') return '';
      return attempt(async () => {
        const queues = [rounds.queues.aggregator, ...(await rounds.queues.ofPools()).values()];
        return mergeMetrics(await Promise.all(queues.map((queue) => queue.exportPrometheusMetrics())));
      });
    },
    close: async () => {
      producer.removeAllListeners('ready');
      await worker.close();
      for (const client of [subscriber, consumer, producer]) client.disconnect();
    },
  };
}

/** Waits for the first answer of Redis or the first failure to reach it. */
async function firstContact(client: Redis, address: string, log: Log): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('error', reject);
    });
    enforceRedisSettings(await client.info(), address, log);
  } catch (thrown) {
    const error = toRedisError(thrown, address);
    if (error.code !== 'E_REDIS_UNREACHABLE') throw error;
    log.warn({ event: 'redis.awaited', address }, 'starting without Redis');
  }
}

type Message = ReturnType<typeof readMessage>;

function listen(client: Redis, channels: Readonly<Record<string, (message: Message) => void>>): Redis {
  const subscriber = client.duplicate();
  subscriber.on('error', () => undefined);
  subscriber.on('message', (channel, text) => channels[channel]?.(readMessage(text)));
  // Waits for Redis; only `close` ends its waiting.
  subscriber.subscribe(...Object.keys(channels)).catch(() => undefined);
  return subscriber;
}

function tellProgress(message: Message, { progress, log }: AggregatorQueueOptions): void {
  const job = parseJobId(String(message['jobId']));
  if (job === undefined) return;
  try {
    const value = validate('TrainingProgress', message['progress'], 'progress');
    progress({ pool: String(message['pool']), job, progress: value });
  } catch (thrown) {
    log.warn({ event: 'job.progress.refused', job: message['jobId'] }, String(thrown));
  }
}
