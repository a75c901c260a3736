import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { openPatientConnection } from '../../queue/connection.ts';
import { poolJobId, poolQueueName, QUEUE_PREFIX, type RoundKey } from '../../queue/job-id.ts';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { eventually } from '../support/eventually.ts';
import { openNotedAggregator, startNotedPool } from '../support/queue-sides.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { roundOrder, trainJob } from './sample-jobs.ts';

describe('bad days of the queue', () => {
  const participants = ['press-1', 'press-2', 'press-3', 'press-4'];
  const round: RoundKey = { run: 'run-1', round: 1, roundAttempt: 1 };
  const order = roundOrder(round, 'hall', participants);
  const closings: (() => Promise<unknown>)[] = [];
  let redis: TestRedis;

  beforeEach(async () => {
    redis = await startTestRedis();
    closings.push(() => redis.stop());
  });
  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
  });

  async function aggregator() {
    const noted = await openNotedAggregator(redis.connection);
    closings.push(() => noted.queue.close());
    return noted;
  }
  async function trainer(...parameters: [] | [Parameters<typeof startNotedPool>[2]]) {
    const noted = await startNotedPool(redis.connection, 'hall', ...parameters);
    closings.push(() => noted.worker.close());
    return noted;
  }
  function openClient(): Redis {
    const client = openPatientConnection(redis.connection, silentLog);
    closings.push(async () => client.disconnect());
    return client;
  }

  it('runs every participant once although Redis is killed in the middle of the round', async () => {
    const { queue, count, reconnections } = await aggregator();
    const release: (() => void)[] = [];
    const pool = await trainer(async () => new Promise((resolve) => release.push(resolve)));
    await queue.addRound(order);
    await eventually(() => release.length === 2);

    await redis.kill9();
    await eventually(() => queue.state() === 'unreachable');
    await expect(queue.addRound(order)).rejects.toMatchObject({ code: 'E_REDIS_UNREACHABLE' });
    for (const done of release.splice(0)) done();
    await redis.restart();
    await eventually(() => reconnections() === 1);
    await queue.addRound(order);

    await eventually(() => {
      for (const done of release.splice(0)) done();
      return count('aggregate') === 1;
    });
    expect(pool.participants()).toEqual(participants);
  });

  it('completes a round of which Redis lost everything', async () => {
    const { queue, count, reconnections } = await aggregator();
    await queue.addRound(order);
    await openClient().flushall();
    await redis.kill9();
    await redis.restart();
    await eventually(() => reconnections() === 1);

    await queue.addRound(order);
    const { participants: trained } = await trainer();

    await eventually(() => count('aggregate') === 1);
    expect(trained()).toEqual(participants);
  });

  it('runs the jobs of a killed worker as soon as its successor starts, before their locks end', async () => {
    const { queue, count } = await aggregator();
    await queue.addRound(order);
    const victim = await startVictim();
    const client = openClient();
    const lock = `${QUEUE_PREFIX}:${poolQueueName('hall')}:${poolJobId('hall', trainJob(round, 'press-1'))}:lock`;
    await eventually(() => client.exists(lock));

    victim.kill('SIGKILL');
    await once(victim, 'exit');
    expect(await client.pttl(lock)).toBeGreaterThan(0);
    const { participants: trained } = await trainer();

    await eventually(() => count('aggregate') === 1, { timeoutMs: 4000 });
    expect(trained()).toEqual(participants);
  });

  it('fails a job that kills its worker again and again', async () => {
    const { queue, failures, count } = await aggregator();
    await queue.addRound(roundOrder(round, 'hall', ['press-1']));
    const client = openClient();
    const starts = `${QUEUE_PREFIX}:${poolQueueName('hall')}:${poolJobId('hall', trainJob(round, 'press-1'))}`;
    for (let start = 1; start <= 4; start += 1) {
      const victim = await startVictim();
      await eventually(async () => (await client.hget(starts, 'ats')) === String(start));
      victim.kill('SIGKILL');
      await once(victim, 'exit');
    }

    const { jobs } = await trainer();

    await eventually(() => count('aggregate') === 1 && failures.length === 1);
    expect(failures[0]).toMatchObject({ code: 'E_PROCESS_FAILED', participant: 'press-1' });
    expect(jobs).toEqual([]);
  });

  it('runs a job once although its lock was lost and it was delivered again', async () => {
    const { queue, count } = await aggregator();
    let finish: () => void = () => undefined;
    const { jobs } = await trainer(
      async () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    await queue.addRound(roundOrder(round, 'hall', ['press-1']));
    await eventually(() => jobs.length === 1);
    const client = openClient();
    const key = `${QUEUE_PREFIX}:${poolQueueName('hall')}`;
    const id = poolJobId('hall', trainJob(round, 'press-1'));
    await client.multi().del(`${key}:${id}:lock`, `${key}:stalled-check`).sadd(`${key}:stalled`, id).exec();

    const checker = new Worker(poolQueueName('hall'), null, {
      connection: client,
      prefix: QUEUE_PREFIX,
      autorun: false,
    });
    closings.push(() => checker.close());
    checker.on('error', () => undefined);
    await checker.startStalledCheckTimer();
    await eventually(async () => (await client.hget(`${key}:${id}`, 'ats')) === '2');
    finish();

    await eventually(() => count('aggregate') === 1);
    expect(jobs).toHaveLength(1);
  });

  it('tells of a failure that a killed worker had no time to tell', async () => {
    const deaf = await aggregator();
    await deaf.queue.addRound(order);
    await deaf.queue.close();
    const first = await trainer(async () => {
      throw new CodedError('E_NUMERICS_MISMATCH', 'the pool lacks the backend');
    });
    const failed = `${QUEUE_PREFIX}:${poolQueueName('hall')}:failed`;
    const client = openClient();
    await eventually(async () => (await client.zcard(failed)) === participants.length);
    await first.worker.close();

    const { failures } = await aggregator();
    await trainer();

    await eventually(() => failures.length === participants.length);
    expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['E_NUMERICS_MISMATCH']));
  });

  it('starts both sides while Redis is away and begins when it comes', async () => {
    await redis.kill9();
    const { queue, count, reconnections } = await aggregator();
    const { worker } = await trainer();
    expect([queue.state(), worker.state()]).toEqual(['unreachable', 'unreachable']);
    expect(await queue.metrics()).toBe('');

    await redis.restart();

    await eventually(() => reconnections() === 1);
    await queue.addRound(order);
    await eventually(() => count('aggregate') === 1);
    expect(worker.state()).toBe('connected');
  });

  it('ends on a signal also while Redis is away', async () => {
    const { queue } = await aggregator();
    await queue.addRound(order);
    const victim = await startVictim();
    const client = openClient();
    await eventually(() => client.llen(`${QUEUE_PREFIX}:${poolQueueName('hall')}:active`));
    await redis.kill9();

    victim.kill('SIGTERM');

    expect(await once(victim, 'exit')).toEqual([0, null]);
    await redis.restart();
    await eventually(() => queue.state() === 'connected');
  });

  it('does not start on a Redis that evicts keys', async () => {
    await openClient().config('SET', 'maxmemory-policy', 'allkeys-lru');

    await expect(aggregator()).rejects.toMatchObject({ code: 'E_REDIS_CONFIGURATION' });
  });

  it('does not start with a wrong password', async () => {
    const passwordFile = join(tmpdir(), `fedshell-wrong-password-${process.pid}`);
    await writeFile(passwordFile, 'wrong');

    const opened = openNotedAggregator({ url: redis.connection.url, passwordFile });

    await expect(opened).rejects.toMatchObject({ code: 'E_REDIS_CONFIGURATION' });
  });

  /** Starts a process with a pool worker whose jobs end only by their signal; SIGTERM closes it. */
  async function startVictim(): Promise<ChildProcess> {
    const url = (module: string) => JSON.stringify(pathToFileURL(entryPoint(module)).href);
    const code = `
      const { startPoolWorker } = await import(${url('queue/pool-worker')});
      const { silentLog } = await import(${url('runtime/log')});
      const worker = await startPoolWorker({
        connection: ${JSON.stringify(redis.connection)},
        pool: 'hall', concurrency: 2, log: silentLog,
        run: (_job, { signal }) => new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      });
      process.once('SIGTERM', async () => {
        await worker.close();
        process.exit(0);
      });`;
    const victim = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
    closings.push(async () => victim.kill('SIGKILL'));
    await once(victim, 'spawn');
    return victim;
  }
});
