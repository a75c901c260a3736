import type { FeedbackJob, InferJob } from '../../openapi/schemas.ts';
import { commandJobId, parseCommandJobId, parseJobId } from '../../queue/job-id.ts';
import { CodedError } from '../../runtime/errors.ts';
import { eventually } from '../support/eventually.ts';
import { openNotedAggregator, startNotedPool, untilAborted } from '../support/queue-sides.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { roundOrder, trainJob } from './sample-jobs.ts';

let redis: TestRedis;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

const ROUND = { run: 'R', round: 1, roundAttempt: 1 };
const {
  profile,
  model,
  bases: [base],
  federation,
} = trainJob(ROUND, 'press-1');

function inferJob(request: string): InferJob {
  return {
    kind: 'infer',
    request,
    federation,
    participant: 'press-1',
    window: 'latest',
    version: base!,
    model,
    profile,
  };
}

function feedbackJob(request: string): FeedbackJob {
  return {
    kind: 'feedback',
    request,
    federation,
    participant: 'press-1',
    window: 'w0',
    label: 'worn',
    profile,
  };
}

describe('the ids of commands', () => {
  it('are read as what they are, and as no job of a run', () => {
    for (const key of [
      { kind: 'operation', request: '0mwu-1' },
      { kind: 'infer', request: '0mwu-2', participant: 'press-1' },
    ] as const) {
      expect(parseCommandJobId(commandJobId(key))).toEqual(key);
      expect(parseJobId(commandJobId(key))).toBeUndefined();
    }
    expect(parseCommandJobId('R.1.1.train.press-1')).toBeUndefined();
  });
});

describe('the jobs of commands', () => {
  it('reach the aggregator and the pool, before what waits there, once per request', async () => {
    const aggregator = await openNotedAggregator(redis.connection);
    const { queue } = aggregator;
    await queue.addOperation('op-1');
    await eventually(() => aggregator.operations.length === 1);
    expect(aggregator.operations).toEqual(['op-1']);

    await queue.addRound(roundOrder(ROUND, 'commands', ['a', 'b']));
    await queue.addCommand('commands', inferJob('q-1'));
    await queue.addCommand('commands', inferJob('q-1'));
    await queue.addCommand('commands', feedbackJob('q-2'));
    const pool = await startNotedPool(redis.connection, 'commands', undefined, 1);
    await eventually(() => pool.jobs.length === 4);
    expect(pool.jobs.map(({ kind }) => kind)).toEqual(['feedback', 'infer', 'train', 'train']);
    await pool.worker.close();
    await queue.close();
  });

  it('tell why they failed, and end when they are taken back', async () => {
    const aggregator = await openNotedAggregator(redis.connection);
    const { queue } = aggregator;
    let aborted = 0;
    const pool = await startNotedPool(redis.connection, 'bad-day', async (job, { signal }) => {
      if (job.kind === 'feedback') throw new CodedError('E_NOT_FOUND', 'there is no window');
      await untilAborted(signal).finally(() => {
        aborted += 1;
      });
    });
    await queue.addCommand('bad-day', feedbackJob('q-3'));
    const [failure] = await eventually(() =>
      aggregator.commandFailures.length === 0 ? undefined : aggregator.commandFailures,
    );
    expect(failure).toEqual({
      kind: 'feedback',
      request: 'q-3',
      participant: 'press-1',
      pool: 'bad-day',
      code: 'E_NOT_FOUND',
      message: 'there is no window',
    });
    expect(aggregator.failures).toEqual([]);

    await queue.addCommand('bad-day', inferJob('q-4'));
    await eventually(() => pool.jobs.length === 2);
    await queue.dropCommand('bad-day', inferJob('q-4'));
    await eventually(() => aborted === 1);
    await pool.worker.close();
    await queue.close();
  });
});
