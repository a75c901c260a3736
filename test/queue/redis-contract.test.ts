import { once } from 'node:events';
import {
  FlowProducer,
  type Job,
  type JobProgress,
  Queue,
  QueueEvents,
  UnrecoverableError,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import type { Redis } from 'ioredis';
import { openPatientConnection } from '../../queue/connection.ts';
import { QUEUE_PREFIX } from '../../queue/job-id.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

type Processor = (job: Job, token?: string, signal?: AbortSignal) => Promise<unknown>;

/** What the queue relies on; a Redis, whichever was found, has to pass all of it. */
describe('a Redis that carries the queue', () => {
  let redis: TestRedis;
  let client: Redis;
  let tests = 0;
  const closings: (() => Promise<unknown>)[] = [];

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
  });
  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
  });

  const options = () => ({ connection: client, prefix: QUEUE_PREFIX });
  const named = (name: string) => `${name}-${tests}`;

  function openQueue(name = 'jobs'): Queue {
    const queue = new Queue(named(name), options());
    closings.push(() => queue.close());
    return queue;
  }
  function openFlows(): FlowProducer {
    const flows = new FlowProducer(options());
    closings.push(() => flows.close());
    return flows;
  }
  function work(processor: Processor, name = 'jobs', more: Partial<WorkerOptions> = {}): Worker {
    // BullMQ gives a signal only to a function that declares all three parameters.
    const worker = new Worker(named(name), (job, token, signal) => processor(job, token, signal), {
      ...options(),
      ...more,
    });
    worker.on('error', () => undefined);
    closings.push(() => worker.close());
    return worker;
  }

  it('delivers a job with its data', async () => {
    const delivered: unknown[] = [];
    work(async ({ data }) => delivered.push(data));

    await openQueue().add('job', { value: 1 });

    await eventually(() => delivered.length === 1);
    expect(delivered).toEqual([{ value: 1 }]);
  });

  it('delivers by priority', async () => {
    const delivered: number[] = [];
    await openQueue().addBulk(
      [3, 1, 2].map((priority) => ({ name: 'job', data: { priority }, opts: { priority } })),
    );

    work(async ({ data }) => delivered.push(data.priority));

    await eventually(() => delivered.length === 3);
    expect(delivered).toEqual([1, 2, 3]);
  });

  it('holds a delayed job back', async () => {
    let startedAt = 0;
    const addedAt = Date.now();
    work(async () => {
      startedAt = Date.now();
    });

    await openQueue().add('job', {}, { delay: 100 });

    await eventually(() => startedAt > 0);
    expect(startedAt - addedAt).toBeGreaterThanOrEqual(99);
  });

  it('tries a failed job again after a growing time', async () => {
    const startedAt: number[] = [];
    work(async () => {
      if (startedAt.push(Date.now()) < 3) throw new Error('not yet');
    });

    await openQueue().add('job', {}, { attempts: 3, backoff: { type: 'exponential', delay: 40 } });

    await eventually(() => startedAt.length === 3);
    const [first = 0, second = 0, third = 0] = startedAt;
    expect(second - first).toBeGreaterThanOrEqual(39);
    expect(third - second).toBeGreaterThanOrEqual(79);
  });

  it('limits the rate of a worker', async () => {
    const startedAt: number[] = [];
    work(async () => startedAt.push(Date.now()), 'jobs', { limiter: { max: 2, duration: 100 } });

    await openQueue().addBulk(Array.from({ length: 5 }, () => ({ name: 'job', data: {} })));

    await eventually(() => startedAt.length === 5);
    expect((startedAt[4] ?? 0) - (startedAt[0] ?? 0)).toBeGreaterThanOrEqual(100);
  });

  it('deduplicates by a key', async () => {
    const queue = openQueue();

    const first = await queue.add('job', {}, { deduplication: { id: 'key' } });
    const second = await queue.add('job', {}, { deduplication: { id: 'key' } });

    expect(second.id).toBe(first.id);
    expect(await queue.getWaitingCount()).toBe(1);
  });

  it('keeps the first of two jobs with one id', async () => {
    const queue = openQueue();

    await queue.add('job', { value: 1 }, { jobId: 'R.1.1.aggregate' });
    await queue.add('job', { value: 2 }, { jobId: 'R.1.1.aggregate' });

    expect(await queue.getWaitingCount()).toBe(1);
    expect((await queue.getJob('R.1.1.aggregate'))?.data).toEqual({ value: 1 });
  });

  it('tells progress and result', async () => {
    const events = new QueueEvents(named('jobs'), options());
    closings.push(() => events.close());
    await events.waitUntilReady();
    const progress: JobProgress[] = [];
    events.on('progress', ({ data }) => progress.push(data));
    work(async (job) => {
      await job.updateProgress({ epoch: 1 });
      await job.log('one epoch');
      return 7;
    });

    const job = await openQueue().add('job', {});

    expect(await job.waitUntilFinished(events, 10_000)).toBe(7);
    await eventually(() => progress.length === 1);
    expect(progress).toEqual([{ epoch: 1 }]);
  });

  it('runs a parent after 68 children of which three failed', async () => {
    let seen: number[] = [];
    work(
      async ({ data }) => {
        if (data.index < 3) throw new UnrecoverableError('down');
        return data.index;
      },
      'child',
      { concurrency: 10 },
    );
    work(async (job) => {
      const values = await job.getChildrenValues();
      const failures = await job.getIgnoredChildrenFailures();
      seen = [Object.keys(values).length, Object.keys(failures).length];
    }, 'parent');

    await openFlows().add(flow(68, { ignoreDependencyOnFailure: true }));

    await eventually(() => seen.length > 0);
    expect(seen).toEqual([65, 3]);
  });

  it('fails a parent with its child where that is wanted', async () => {
    work(async ({ data }) => {
      if (data.index === 0) throw new UnrecoverableError('down');
    }, 'child');
    const failed = once(
      work(async () => undefined, 'parent'),
      'failed',
    );

    await openFlows().add(flow(2, { failParentOnFailure: true }));

    const [, error] = await failed;
    expect(error.message).toMatch(/^child .* failed$/);
  });

  it('lets a parent go on at the first failure and drop the other children', async () => {
    const children = openQueue('child');
    let left: number | undefined;
    work(async (job) => {
      expect(Object.keys(await job.getFailedChildrenValues())).toHaveLength(1);
      await job.removeUnprocessedChildren();
      left = await children.getWaitingCount();
    }, 'parent');
    await openFlows().add(flow(5, { continueParentOnFailure: true }));

    work(async (_job, _token, signal) => {
      if (left === undefined && (await children.getFailedCount()) === 0) throw new UnrecoverableError('down');
      await eventually(() => left !== undefined || signal?.aborted);
    }, 'child');

    await eventually(() => left !== undefined);
    expect(left).toBe(0);
  });

  it('runs a parent without two active children that were detached', async () => {
    let finish = false;
    let values: number | undefined;
    work(
      async ({ data }) => {
        if (data.index < 2) await eventually(() => finish);
      },
      'child',
      { concurrency: 6 },
    );
    work(async (job) => {
      values = Object.keys(await job.getChildrenValues()).length;
    }, 'parent');
    const children = openQueue('child');
    await openFlows().add(flow(6, { ignoreDependencyOnFailure: true }));
    await eventually(async () => (await children.getCompletedCount()) === 4);
    expect(values).toBeUndefined();

    for (const job of await children.getActive()) await job.removeChildDependency();

    await eventually(() => values !== undefined);
    expect(values).toBe(4);
    finish = true;
  });

  it('runs nothing twice of a flow that is added twice', async () => {
    const flows = openFlows();
    const children = openQueue('child');
    const added = { ...flow(4), opts: { jobId: 'R.1.1.aggregate' } };
    await flows.add(added);
    await flows.add(added);
    expect(await children.getWaitingCount()).toBe(4);
    let runs = 0;
    let parents = 0;
    work(async () => {
      runs += 1;
    }, 'child');
    work(async () => {
      parents += 1;
    }, 'parent');
    await eventually(() => parents === 1);

    await flows.add(added);

    expect(await children.getJobCountByTypes('waiting', 'active', 'delayed')).toBe(0);
    expect([runs, parents]).toEqual([4, 1]);
  });

  it('repeats a scheduled job', async () => {
    const queue = openQueue();
    let runs = 0;
    work(async () => {
      runs += 1;
    });

    await queue.upsertJobScheduler('drift-check', { every: 50 }, { name: 'job', data: {} });

    await eventually(() => runs >= 2);
    expect(await queue.removeJobScheduler('drift-check')).toBe(true);
  });

  it('pauses, drains, counts and forgets a queue', async () => {
    const queue = openQueue();
    await queue.setGlobalConcurrency(2);
    await queue.pause();
    await queue.add('job', {});

    expect(await queue.isPaused()).toBe(true);
    expect(await queue.getMeta()).toMatchObject({ concurrency: 2, paused: true });
    expect(await queue.exportPrometheusMetrics()).toContain('bullmq_job_count');
    await queue.resume();
    await queue.drain();
    expect(await queue.count()).toBe(0);
    await queue.obliterate({ force: true });
    expect(await client.keys(`${QUEUE_PREFIX}:${queue.name}:*`)).toEqual([]);
  });

  it('gives the job of a worker that lost its lock to another', async () => {
    const short = { lockDuration: 200, stalledInterval: 100 };
    await openQueue().add('job', {});
    const dead = new Worker(named('jobs'), null, { ...options(), ...short, autorun: false });
    closings.push(() => dead.close());
    dead.on('error', () => undefined);
    await dead.getNextJob('token of the dead');
    let stalls: number | undefined;

    work(
      async (job) => {
        stalls = job.stalledCounter;
      },
      'jobs',
      short,
    );

    await eventually(() => stalls !== undefined);
    expect(stalls).toBe(1);
  });

  it('aborts a running job on demand', async () => {
    const worker = work(
      async (_job, _token, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () =>
            reject(new UnrecoverableError(`aborted: ${signal.reason}`)),
          );
        }),
    );
    const failed = once(worker, 'failed');
    worker.on('active', ({ id }) => setImmediate(() => worker.cancelJob(id ?? '', 'deadline')));

    await openQueue().add('job', {});

    const [, error] = await failed;
    expect(error.message).toBe('aborted: deadline');
  });

  function flow(children: number, opts: object = {}) {
    return {
      name: 'round',
      queueName: named('parent'),
      data: {},
      children: Array.from({ length: children }, (_, index) => ({
        name: 'train',
        queueName: named('child'),
        data: { index },
        opts: { jobId: `R.1.1.train.press-${index}`, ...opts },
      })),
    };
  }
});
