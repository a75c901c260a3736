import { type Job, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { CodedError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { failJob } from './job-failure.ts';
import { QUEUE_PREFIX } from './job-id.ts';
import { reclaimJobs } from './reclaim-jobs.ts';

interface JobWorkerOptions {
  /** A patient connection; the worker adds one of its own that waits for jobs. The caller closes it after the worker. */
  readonly client: Redis;
  readonly queueName: string;
  /** Jobs at the same time. */
  readonly concurrency: number;
  readonly log: Log;
  /** Does a job: again for the same job perhaps, never twice at once. `signal` is aborted by `cancel` and `close`. */
  readonly run: (job: Job, signal: AbortSignal) => Promise<void>;
  /** A job failed and will not be tried again. */
  readonly failed: (jobId: string, failedReason: string) => void;
}

/** A job that this process works on. */
interface Work {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** A lock lasts this long without being renewed, in milliseconds; renewed at half of it. */
const LOCK_MS = 10_000;

/** How often jobs without a lock are looked for, in milliseconds. */
const STALLED_CHECK_MS = 5000;

/** How often a job may lose its worker before it fails. */
const MAXIMUM_STALLS = 3;

/** Jobs are removed by name when their round is over; this only ends those that were forgotten, in seconds. */
const FORGOTTEN_AFTER_S = 30 * 24 * 3600;

/**
 * The only consumer of a queue. It begins as soon as Redis is reachable: first it takes over what a dead predecessor
 * held, then it works.
 */
export class JobWorker {
  readonly #options: JobWorkerOptions;
  readonly #works = new Map<string, Work>();
  readonly #cancelled = new Set<string>();
  readonly #starting: Promise<void>;
  #worker: Worker | undefined;
  #closing = false;

  constructor(options: JobWorkerOptions) {
    this.#options = options;
    this.#starting = this.#begin().catch((thrown: unknown) => {
      const { log, queueName } = options;
      if (!this.#closing) log.error({ event: 'queue.start.failed', queue: queueName }, String(thrown));
    });
  }

  /** Aborts a job that runs here; it is not tried again, not reported as failed, and forgotten when it ends. */
  cancel(jobId: string): void {
    const work = this.#works.get(jobId);
    if (work === undefined) return;
    this.#cancelled.add(jobId);
    work.abort.abort(cancelled());
  }

  /** Aborts the running jobs, gives back those that do not finish, without costing an attempt, and ends. */
  async close(): Promise<void> {
    this.#closing = true;
    const { client } = this.#options;
    const reachable = client.status === 'ready';
    // Without Redis nothing can be given back, and commands would wait until it is there again.
    const lost = reachable ? new Promise((resolve) => client.once('close', resolve)) : Promise.resolve();
    // Closing comes before aborting, so that the worker does not take again what it gives back.
    const closed = this.#worker?.close(!reachable);
    const works = [...this.#works.values()];
    for (const { abort } of works) abort.abort(new CodedError('E_ABORTED', 'the worker closes'));
    await Promise.allSettled(works.map(({ done }) => done));
    await Promise.race([Promise.allSettled([this.#starting, closed]), lost]);
    if (client.status !== 'ready') this.#worker?.disconnect().catch(() => undefined);
  }

  async #begin(): Promise<void> {
    const { client, queueName, concurrency, log } = this.#options;
    const reclaimed = await reclaimJobs(client, queueName);
    if (this.#closing) return;
    if (reclaimed.length > 0) log.info({ event: 'queue.reclaimed', queue: queueName, jobs: reclaimed });
    // BullMQ gives every job that it delivers an id and a token.
    const deliver = (job: Job, token?: string) => this.#deliver(job, job.id as string, token as string);
    this.#worker = new Worker(queueName, deliver, {
      connection: client,
      prefix: QUEUE_PREFIX,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAXIMUM_STALLS,
      // After a failed command; the default of 15 s is longer than a round.
      runRetryDelay: 200,
      removeOnComplete: { age: FORGOTTEN_AFTER_S },
      removeOnFail: { age: FORGOTTEN_AFTER_S },
    });
    this.#worker.on('error', (error) => {
      // While Redis is away every attempt to reconnect is such an error; the connection tells of the outage once.
      const level = client.status === 'ready' ? 'warn' : 'debug';
      log[level]({ event: 'queue.worker.error', queue: queueName }, error.message);
    });
    this.#worker.on('stalled', (jobId) => log.warn({ event: 'queue.stalled', queue: queueName, job: jobId }));
    this.#worker.on('completed', (job) => this.#forgetIfCancelled(job));
    this.#worker.on('failed', (job, error) => this.#onFailed(job, error));
  }

  async #deliver(job: Job, id: string, token: string): Promise<void> {
    try {
      await this.#workOn(job, id).done;
    } catch (thrown) {
      // Whatever it threw, a cancelled job must not be tried again.
      if (this.#cancelled.has(id)) await failJob(cancelled(), job, token);
      if (this.#closing) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      await failJob(thrown, job, token);
    }
  }

  /**
   * A job whose lock was lost in an outage of Redis is delivered again while its first delivery still runs; both then
   * wait for the same work.
   */
  #workOn(job: Job, id: string): Work {
    const running = this.#works.get(id);
    if (running !== undefined) return running;
    const { run, log } = this.#options;
    log.debug({ event: 'job.started', job: id, attempt: job.attemptsMade + 1, starts: job.attemptsStarted });
    const abort = new AbortController();
    const work = { abort, done: run(job, abort.signal) };
    this.#works.set(id, work);
    const forget = () => this.#works.delete(id);
    work.done.then(forget, forget);
    return work;
  }

  #onFailed(job: Job | undefined, error: Error): void {
    const { log, failed } = this.#options;
    if (job?.id === undefined || this.#forgetIfCancelled(job)) return;
    const over = job.finishedOn !== undefined;
    log.warn({ event: over ? 'job.failed' : 'job.attempt.failed', job: job.id }, error.message);
    if (over) failed(job.id, error.message);
  }

  /** The round of a cancelled job has forgotten it, so nobody else would remove it. */
  #forgetIfCancelled(job: Job): boolean {
    if (job.id === undefined || !this.#cancelled.delete(job.id)) return false;
    job.remove().catch((thrown: unknown) => {
      this.#options.log.debug({ event: 'job.remove.failed', job: job.id }, String(thrown));
    });
    return true;
  }
}

function cancelled(): CodedError {
  return new CodedError('E_ABORTED', 'the aggregator no longer needs the job');
}
