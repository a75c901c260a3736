import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { TrainJob } from '../../openapi/schemas.ts';
import { openPatientConnection } from '../../queue/connection.ts';
import { jobId, poolJobId, poolQueueName, QUEUE_PREFIX, type RoundKey } from '../../queue/job-id.ts';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { openNotedAggregator, startNotedPool, untilAborted } from '../support/queue-sides.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { evaluateJob, initialiseJob, roundOrder, trainJob } from './sample-jobs.ts';

describe('the jobs of a round', () => {
  let redis: TestRedis;
  let client: Redis;
  const closings: (() => Promise<void>)[] = [];
  let pool = '';
  let round: RoundKey = { run: '', round: 1, roundAttempt: 1 };
  let tests = 0;

  beforeAll(async () => {
    redis = await startTestRedis();
    client = openPatientConnection(redis.connection, silentLog);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });
  beforeEach(() => {
    tests += 1;
    pool = `hall-${tests}`;
    round = { run: `run-${tests}`, round: 1, roundAttempt: 1 };
  });
  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
    await client.del(...(await client.keys(`${QUEUE_PREFIX}:aggregator:*`)), 'none');
  });

  async function aggregator(
    ...parameters: Parameters<typeof openNotedAggregator> extends [unknown, ...infer Rest] ? Rest : never
  ) {
    const noted = await openNotedAggregator(redis.connection, ...parameters);
    closings.push(() => noted.queue.close());
    return noted;
  }
  async function trainer(
    ...parameters: Parameters<typeof startNotedPool> extends [unknown, unknown, ...infer Rest] ? Rest : never
  ) {
    const noted = await startNotedPool(redis.connection, pool, ...parameters);
    closings.push(() => noted.worker.close());
    return noted;
  }
  function poolQueue(): Queue {
    const queue = new Queue(poolQueueName(pool), { connection: client, prefix: QUEUE_PREFIX });
    closings.push(() => queue.close());
    return queue;
  }

  it('aggregates once after every participant has trained', async () => {
    const { queue, count } = await aggregator();
    const { participants } = await trainer();
    const names = ['press-1', 'press-2', 'press-3'];

    await queue.addRound(roundOrder(round, pool, names));

    await eventually(() => count('aggregate') === 1);
    expect(participants()).toEqual(names);
    expect(count('close')).toBe(0);
  });

  it('delivers a job as it was given, with the defaults of its schema', async () => {
    const { queue, count } = await aggregator();
    const { jobs } = await trainer();

    await queue.addRound(roundOrder(round, pool, ['press-1']));

    await eventually(() => count('aggregate') === 1);
    expect(jobs).toEqual([trainJob(round, 'press-1')]);
  });

  it('closes at the deadline', async () => {
    const { queue, roundJobs } = await aggregator();

    await queue.addRound(roundOrder(round, pool, ['press-1'], 50));

    await eventually(() => roundJobs.length === 1);
    expect(roundJobs).toEqual([{ kind: 'close', ...round }]);
  });

  it('aggregates what came in when a round is closed, aborts who still trains and drops who waits', async () => {
    const { queue, count, failures } = await aggregator();
    const aborted: string[] = [];
    const { jobs } = await trainer(async (job, { signal }) => {
      const { participant } = job as TrainJob;
      if (participant === 'press-1') return;
      await untilAborted(signal).catch((reason: CodedError) => {
        aborted.push(`${participant} ${reason.code}`);
        throw reason;
      });
    });
    await queue.addRound(roundOrder(round, pool, ['press-1', 'press-2', 'press-3', 'press-4']));
    await eventually(() => jobs.length === 3);

    await queue.closeRound(round);

    await eventually(() => count('aggregate') === 1);
    await eventually(() => aborted.length === 2);
    expect(aborted.sort()).toEqual(['press-2 E_ABORTED', 'press-3 E_ABORTED']);
    await eventually(async () => (await poolQueue().getJobCounts())['active'] === 0);
    expect(jobs).toHaveLength(3);
    expect(failures).toEqual([]);
    expect(await client.keys(`${QUEUE_PREFIX}:${poolQueueName(pool)}:${round.run}*press-[234]*`)).toEqual([]);
  });

  it('runs nothing twice when a round is added or closed again', async () => {
    const { queue, count } = await aggregator();
    const { participants } = await trainer(async (job, { signal }) => {
      if ((job as TrainJob).participant === 'press-2') await untilAborted(signal);
    });
    const order = roundOrder(round, pool, ['press-1', 'press-2']);
    await queue.addRound(order);
    await eventually(() => participants().length === 2);

    await queue.addRound(order);
    await queue.closeRound(round);
    await eventually(() => count('aggregate') === 1);
    await queue.closeRound(round);
    await queue.addPublish(round);
    await queue.addPublish(round);

    await eventually(() => count('publish') === 1);
    await eventually(async () => (await poolQueue().getJobCounts())['active'] === 0);
    expect(participants()).toEqual(['press-1', 'press-2']);
    expect(count('aggregate')).toBe(1);
  });

  it('moves the deadline when a round is added again', async () => {
    const { queue, count } = await aggregator();
    await queue.addRound(roundOrder(round, pool, ['press-1'], 600_000));

    await queue.addRound(roundOrder(round, pool, ['press-1'], 20));

    await eventually(() => count('close') === 1);
  });

  it('aggregates again if the aggregator asks for a round that Redis takes for done', async () => {
    const { queue, count } = await aggregator();
    await trainer();
    const order = roundOrder(round, pool, ['press-1']);
    await queue.addRound(order);
    await eventually(() => count('aggregate') === 1);

    await eventually(async () => {
      await queue.addRound(order);
      return count('aggregate') >= 2;
    });
  });

  it('adds nothing of a round that has a job above 64 kB', async () => {
    const { queue } = await aggregator();
    const order = roundOrder(round, pool, ['press-1', 'press-2']);
    const large: TrainJob = {
      ...trainJob(round, 'press-3'),
      strategy: { key: 'fed-avg', note: 'x'.repeat(64_000) },
    };

    const added = queue.addRound({ ...order, jobs: [...order.jobs, { pool, job: large }] });

    await expect(added).rejects.toMatchObject({ code: 'E_JOB_TOO_LARGE' });
    expect(await client.keys(`${QUEUE_PREFIX}:${poolQueueName(pool)}:*`)).toEqual([]);
  });

  it('refuses a job that does not fit its schema, with the path of every fault', async () => {
    const { queue } = await aggregator();
    const faulty: TrainJob = { ...trainJob(round, 'press-1'), participant: 'not an id', round: 0 };

    const added = queue.addRound({ ...round, deadlineMs: 1000, jobs: [{ pool, job: faulty }] });

    await expect(added).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
      faults: expect.arrayContaining([
        expect.objectContaining({ path: '/participant' }),
        expect.objectContaining({ path: '/round' }),
      ]),
    });
  });

  it('fails a forged job at the worker without running it, and aggregates without it', async () => {
    const { queue, count, failures } = await aggregator();
    await queue.addRound(roundOrder(round, pool, ['press-1']));
    const job = await poolQueue().getJob(poolJobId(pool, trainJob(round, 'press-1')));
    await job?.updateData({ ...trainJob(round, 'press-1'), participant: '../etc' });

    const { jobs } = await trainer();

    await eventually(() => count('aggregate') === 1);
    await eventually(() => failures.length === 1);
    expect(jobs).toEqual([]);
    expect(failures[0]).toMatchObject({
      ...round,
      pool,
      kind: 'train',
      participant: 'press-1',
      code: 'E_INVALID_INPUT',
    });
  });

  it('tries a retryable failure again and keeps the round waiting meanwhile', async () => {
    const { queue, count, failures } = await aggregator();
    const { jobs } = await trainer(async () => {
      if (jobs.length < 2) throw new CodedError('E_TRAINING_FAILED', 'the slot crashed');
      expect(count('aggregate')).toBe(0);
    });

    await queue.addRound(roundOrder(round, pool, ['press-1']));

    await eventually(() => count('aggregate') === 1);
    expect(jobs).toHaveLength(2);
    expect(failures).toEqual([]);
  });

  it('gives up after three attempts and tells why', async () => {
    const { queue, count, failures } = await aggregator();
    const { jobs } = await trainer(async () => {
      throw new CodedError('E_TRAINING_FAILED', 'the slot crashed');
    });

    await queue.addRound(roundOrder(round, pool, ['press-1']));

    await eventually(() => failures.length === 1 && count('aggregate') === 1);
    expect(jobs).toHaveLength(3);
    expect(failures[0]).toMatchObject({ code: 'E_TRAINING_FAILED', message: 'the slot crashed' });
  });

  it('does not try again what cannot succeed', async () => {
    const { queue, count, failures } = await aggregator();
    const { jobs } = await trainer(async () => {
      throw new CodedError('E_NUMERICS_MISMATCH', 'the pool lacks the backend');
    });

    await queue.addRound(roundOrder(round, pool, ['press-1']));

    await eventually(() => failures.length === 1 && count('aggregate') === 1);
    expect(jobs).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      ...round,
      pool,
      participant: 'press-1',
      code: 'E_NUMERICS_MISMATCH',
    });
  });

  it('tells failures again when the round is added again, and does not wait for the failed', async () => {
    const first = await aggregator();
    await trainer(async (job, { signal }) => {
      if ((job as TrainJob).participant === 'press-2') await untilAborted(signal);
      throw new CodedError('E_NUMERICS_MISMATCH', 'the pool lacks the backend');
    });
    const order = roundOrder(round, pool, ['press-1', 'press-2']);
    await first.queue.addRound(order);
    await eventually(() => first.failures.length === 1);
    await first.queue.close();

    const second = await aggregator();
    await second.queue.addRound(order);
    await second.queue.closeRound(round);

    await eventually(() => second.count('aggregate') === 1);
    expect(second.failures).toEqual(first.failures);
  });

  it('brings a job that came too early back without costing an attempt', async () => {
    const { queue, count, failures } = await aggregator();
    const { jobs } = await trainer(async () => {
      if (jobs.length < 3) throw new CodedError('E_NOT_READY', 'still collecting');
    });
    await queue.addRound(roundOrder(round, pool, ['press-1']));

    await eventually(() => jobs.length === 2);
    const job = await poolQueue().getJob(poolJobId(pool, trainJob(round, 'press-1')));

    expect(job?.attemptsMade).toBe(0);
    await eventually(() => count('aggregate') === 1);
    expect(jobs).toHaveLength(3);
    expect(failures).toEqual([]);
  });

  it('passes progress on', async () => {
    const { queue, progress, count } = await aggregator();
    const report = { run: round.run, round: 1, epoch: 1, epochs: 2, trainedLoss: 0.5 };
    await trainer(async (_job, context) => context.progress(report));

    await queue.addRound(roundOrder(round, pool, ['press-1']));

    await eventually(() => count('aggregate') === 1);
    await eventually(() => progress.length === 1);
    expect(progress).toEqual([
      { pool, job: { ...round, kind: 'train', participant: 'press-1' }, progress: report },
    ]);
  });

  it('gives the jobs of a closing worker back without costing an attempt', async () => {
    const { queue, count, failures } = await aggregator();
    const first = await trainer(async (_job, { signal }) => untilAborted(signal));
    await queue.addRound(roundOrder(round, pool, ['press-1', 'press-2']));
    await eventually(() => first.jobs.length === 2);

    await first.worker.close();
    const jobs = await poolQueue().getJobs(['waiting']);
    const second = await trainer();

    expect(jobs.map(({ attemptsMade }) => attemptsMade)).toEqual([0, 0]);
    await eventually(() => count('aggregate') === 1);
    expect(second.participants()).toEqual(['press-1', 'press-2']);
    expect(failures).toEqual([]);
  });

  it('tries an aggregation again until it succeeds', async () => {
    let attempts = 0;
    const { queue, count } = await aggregator(async ({ kind }) => {
      if (kind !== 'aggregate') return;
      attempts += 1;
      if (attempts < 2) throw new CodedError('E_DISK_FULL', 'no space left');
    });
    await trainer();

    await queue.addRound(roundOrder(round, pool, ['press-1']));

    await eventually(() => attempts === 2);
    expect(count('aggregate')).toBe(2);
  });

  it('aggregates a round that Redis has lost when it is closed', async () => {
    const { queue, roundJobs } = await aggregator();

    await queue.closeRound(round);

    await eventually(() => roundJobs.length === 1);
    expect(roundJobs).toEqual([{ kind: 'aggregate', ...round }]);
  });

  it('forgets the jobs of a removed round', async () => {
    const { queue, count } = await aggregator();
    await trainer(async (job) => {
      if ((job as TrainJob).participant === 'press-2') throw new CodedError('E_TRAINING_DIVERGED', 'NaN');
    });
    await queue.addRound(roundOrder(round, pool, ['press-1', 'press-2']));
    await queue.addPublish(round);
    await eventually(() => count('aggregate') === 1 && count('publish') === 1);

    await eventually(async () => {
      await queue.removeRound(round);
      return (await client.keys(`${QUEUE_PREFIX}:*:${round.run}.*`)).length === 0;
    });
  });

  it('drops a run: nothing of it runs any more and who trains is aborted', async () => {
    const { queue, count } = await aggregator();
    let aborts = 0;
    const { jobs } = await trainer(async (_job, { signal }) =>
      untilAborted(signal).catch((reason) => {
        aborts += 1;
        throw reason;
      }),
    );
    await queue.addRound(roundOrder(round, pool, ['press-1', 'press-2', 'press-3'], 600_000));
    await eventually(() => jobs.length === 2);

    await queue.dropRun(round.run);

    await eventually(() => aborts === 2);
    await eventually(async () => (await client.keys(`${QUEUE_PREFIX}:*:${round.run}.*`)).length === 0);
    expect(count('aggregate')).toBe(0);
    expect(jobs).toHaveLength(2);
  });

  it('gives a pool jobs outside a round once, and tells their failure again when they are added again', async () => {
    const { queue, failures } = await aggregator();
    const { jobs } = await trainer(async ({ kind }) => {
      if (kind === 'initialise') throw new CodedError('E_UNKNOWN_MODEL', 'no such model');
    });
    await queue.addPoolJob(pool, initialiseJob(round.run));
    await queue.addPoolJob(pool, evaluateJob(round.run, 3, ['press-1', 'press-2']));
    await eventually(() => jobs.length === 2 && failures.length === 1);

    await queue.addPoolJob(pool, evaluateJob(round.run, 3, ['press-1', 'press-2']));
    await queue.addPoolJob(pool, initialiseJob(round.run));

    await eventually(() => failures.length === 2);
    expect(jobs).toHaveLength(2);
    expect(failures[1]).toEqual({
      ...{ run: round.run, round: 0, roundAttempt: 1, kind: 'initialise', pool },
      ...{ code: 'E_UNKNOWN_MODEL', message: 'no such model' },
    });
  });

  it('counts the jobs of all queues in one Prometheus text', async () => {
    const { queue } = await aggregator();
    await queue.addRound(roundOrder(round, pool, ['press-1', 'press-2']));

    const metrics = await queue.metrics();

    expect(metrics).toContain(`bullmq_job_count{queue="${poolQueueName(pool)}", state="waiting"} 2`);
    expect(metrics).toContain('bullmq_job_count{queue="aggregator", state="waiting-children"} 1');
    expect(metrics.match(/# TYPE bullmq_job_count gauge/g)).toHaveLength(1);
  });

  it('keeps every job under the ids of the contract', async () => {
    const { queue } = await aggregator();

    await queue.addRound(roundOrder(round, pool, ['press-1']));

    const id = jobId({ ...round, kind: 'aggregate' });
    expect(id).toBe(`${round.run}.1.1.aggregate`);
    expect(await client.exists(`${QUEUE_PREFIX}:aggregator:${id}`)).toBe(1);
    expect(await client.exists(`${QUEUE_PREFIX}:train-${pool}:${round.run}.1.1.train.press-1`)).toBe(1);
  });
});
