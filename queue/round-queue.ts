import { FlowProducer, type Job, type Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { RoundJob } from '../openapi/schemas.ts';
import {
  commandJobId,
  jobId,
  poolJobId,
  poolOfQueue,
  poolQueueName,
  QUEUE_PREFIX,
  type RoundKey,
} from './job-id.ts';
import { checkedPoolJob, type PoolJob } from './jobs.ts';
import { type CancelMessage, cancelChannel } from './pool-channel.ts';
import { Queues, removeUnlessActive } from './queues.ts';
import {
  ownJobOptions,
  poolJobOptions,
  type RoundOrder,
  roundFlow,
  roundJob,
  roundJobOptions,
} from './round-flow.ts';

/** A pool's job by its queue and id. */
interface PoolJobKey {
  readonly pool: string;
  readonly id: string;
}

/** Tells of a pool's job that failed for good earlier. */
type ReportFailure = (key: PoolJobKey, failedReason: string) => void;

/**
 * What the aggregator does with the jobs of a round. Everything may be repeated: after it, Redis holds what it would hold
 * had it been done once.
 */
export class RoundQueue {
  readonly queues: Queues;
  readonly #client: Redis;
  readonly #flows: FlowProducer;
  readonly #reportFailure: ReportFailure;

  constructor(client: Redis, reportFailure: ReportFailure) {
    this.#client = client;
    this.#reportFailure = reportFailure;
    this.queues = new Queues(client);
    this.#flows = new FlowProducer({ connection: client, prefix: QUEUE_PREFIX, skipVersionCheck: true });
    this.#flows.on('error', () => undefined);
  }

  async addRound(order: RoundOrder): Promise<void> {
    const flow = roundFlow(order);
    const [aggregate] = await Promise.all([
      this.#aggregateJob(order),
      this.queues.note(order.jobs.map(({ pool }) => pool)),
    ]);
    if (aggregate === undefined) await this.#flows.addBulk(flow);
    else await this.#repeatRound(aggregate, order);
  }

  /**
   * A flow is added in one transaction, so where its parent is, its children were too. Adding them again would make the
   * parent wait for a child that has already failed.
   */
  async #repeatRound(aggregate: Job, order: RoundOrder): Promise<void> {
    await retryIfOver(aggregate);
    const failures = await aggregate.getIgnoredChildrenFailures();
    for (const [key, reason] of Object.entries(failures)) this.#reportFailure(parseJobKey(key), reason);
    // The time in which the aggregator was down does not count, so the deadline moves.
    const { aggregator } = this.queues;
    const close = roundJob(order, 'close');
    if (!(await removeUnlessActive(aggregator, jobId(close)))) return;
    await aggregator.add(close.kind, close, roundJobOptions(close, order.deadlineMs));
  }

  async closeRound(round: RoundKey): Promise<void> {
    const aggregate = await this.#aggregateJob(round);
    // Redis lost the round: nobody trains, and the contributions that came in are counted.
    if (aggregate === undefined) return this.addRoundJob(roundJob(round, 'aggregate'));
    const { unprocessed = [] } = await aggregate.getDependencies();
    const active = await this.#removePoolJobs(unprocessed.map(parseJobKey));
    await Promise.all(
      active.map(async ({ pool, id }) => {
        const job: Job | undefined = await this.queues.named(poolQueueName(pool)).getJob(id);
        await job?.removeChildDependency();
      }),
    );
    await this.#cancel(active);
  }

  async removeRound(round: RoundKey): Promise<void> {
    const { aggregator } = this.queues;
    const aggregate = await this.#aggregateJob(round);
    const children = aggregate === undefined ? [] : await childrenOf(aggregate);
    // The parent first: it would run when the last of its children goes.
    const own = (['aggregate', 'close', 'publish'] as const).map((kind) => jobId({ ...round, kind }));
    await Promise.all(own.map((id) => removeUnlessActive(aggregator, id)));
    await this.#cancel(await this.#removePoolJobs(children));
  }

  async dropRun(run: string): Promise<void> {
    const { aggregator } = this.queues;
    const own = await idsOfRun(aggregator, run);
    await Promise.all(own.map((id) => removeUnlessActive(aggregator, id)));
    for (const [pool, queue] of await this.queues.ofPools()) {
      const ids = await idsOfRun(queue, run);
      await this.#cancel(await this.#removePoolJobs(ids.map((id) => ({ pool, id }))));
    }
  }

  async addRoundJob(job: RoundJob): Promise<void> {
    const existing: Job | undefined = await this.queues.aggregator.getJob(jobId(job));
    if (existing === undefined) await this.queues.aggregator.add(job.kind, job, roundJobOptions(job));
    else if (await existing.isFailed()) await existing.retry('failed');
  }

  async addPoolJob(pool: string, job: PoolJob): Promise<void> {
    const data = checkedPoolJob(job);
    const id = poolJobId(pool, data);
    await this.queues.note([pool]);
    const queue = this.queues.named(poolQueueName(pool));
    const existing: Job | undefined = await queue.getJob(id);
    if (existing === undefined) await queue.add(data.kind, data, poolJobOptions(id));
    else if (await existing.isFailed()) this.#reportFailure({ pool, id }, existing.failedReason);
  }

  /** Adds the job that performs an operation; one that is there stays as it is. */
  async addOperation(request: string): Promise<void> {
    const id = commandJobId({ kind: 'operation', request });
    // Its outcome is kept elsewhere: a job that has ended is of no use.
    const options = { ...ownJobOptions(id), removeOnComplete: true, removeOnFail: true };
    await this.queues.aggregator.add('operation', { kind: 'operation', request }, options);
  }

  /** Takes a job of a pool back: it is removed, or aborted where a worker holds it. */
  async dropPoolJob(pool: string, job: PoolJob): Promise<void> {
    await this.#cancel(await this.#removePoolJobs([{ pool, id: poolJobId(pool, job) }]));
  }

  /** Removes jobs. @returns those that workers hold, which stay */
  async #removePoolJobs(keys: readonly PoolJobKey[]): Promise<PoolJobKey[]> {
    const left = await Promise.all(
      keys.map(async (key) => {
        const queue = this.queues.named(poolQueueName(key.pool));
        return (await removeUnlessActive(queue, key.id)) ? [] : [key];
      }),
    );
    return left.flat();
  }

  /** Tells the workers to stop; they remove the jobs then. */
  async #cancel(keys: readonly PoolJobKey[]): Promise<void> {
    const byPool = new Map<string, string[]>();
    for (const { pool, id } of keys) byPool.set(pool, [...(byPool.get(pool) ?? []), id]);
    for (const [pool, jobIds] of byPool) {
      const message: CancelMessage = { jobIds };
      await this.#client.publish(cancelChannel(pool), JSON.stringify(message));
    }
  }

  #aggregateJob(round: RoundKey): Promise<Job | undefined> {
    return this.queues.aggregator.getJob(jobId({ ...round, kind: 'aggregate' }));
  }
}

/** The aggregator asks for work that Redis takes for done: it knows better, since its state is the one that counts. */
async function retryIfOver(job: Job): Promise<void> {
  if (await job.isFailed()) await job.retry('failed');
  else if (await job.isCompleted()) await job.retry('completed');
}

async function childrenOf(aggregate: Job): Promise<PoolJobKey[]> {
  const { processed = {}, unprocessed = [] } = await aggregate.getDependencies();
  const failed = await aggregate.getIgnoredChildrenFailures();
  return [...Object.keys(processed), ...Object.keys(failed), ...unprocessed].map(parseJobKey);
}

async function idsOfRun(queue: Queue, run: string): Promise<string[]> {
  const jobs: Job[] = await queue.getJobs();
  return jobs.flatMap(({ id }) => (id?.startsWith(`${run}.`) ? [id] : []));
}

/** Splits a job's full key, `{fl}:train-POOL:ID`; ids and names hold no colon. */
function parseJobKey(key: string): PoolJobKey {
  const [, queueName = '', id = ''] = key.split(':');
  return { pool: poolOfQueue(queueName) ?? '', id };
}
