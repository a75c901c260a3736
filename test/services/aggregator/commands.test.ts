import type { Run } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { untilAborted } from '../../support/queue-sides.ts';
import { ForeignClient } from './support/foreign-client.ts';
import { Stage } from './support/stage.ts';
import type { TestTrainer } from './support/test-trainer.ts';

let stage: Stage;
const client = new ForeignClient(() => stage.aggregator.aas);

beforeAll(async () => {
  stage = await Stage.open({ operations: { resultLifetimeMs: 60_000 }, offlineAfterMs: 1500 });
});
afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

/** A federation with a trainer of one participant. @returns the path of its commands */
async function open(id: string, options: ConstructorParameters<typeof TestTrainer>[0] | object = {}) {
  const token = await stage.create(id, { rounds: 1 });
  const participant = `${id}-1`;
  const trainer = stage.trainer(`pool-${id}`, [participant], options);
  await trainer.start(token);
  const commands = await eventually(() => client.commandsOf('federation', id));
  const own = await eventually(() => client.commandsOf('participant', participant));
  return { commands, own, participant, trainer };
}

async function trained(id: string, options: object = {}) {
  const opened = await open(id, options);
  const run = await stage.startRun(id);
  expect((await stage.ended(run)).state).toBe('completed');
  return { ...opened, run };
}

/** Training that goes on until the run is stopped. */
const untilStopped = (_job: unknown, _trainer: unknown, { signal }: { readonly signal: AbortSignal }) =>
  untilAborted(signal);

const runsOf = async (id: string): Promise<Run[]> =>
  (await stage.aggregator.get(`/api/runs?federation=${id}`)).body;

describe('the commands of a federation, for any AAS client', () => {
  it('start a run that a foreign client sees, and only one at a time', async () => {
    const { commands } = await open('start', { train: untilStopped });

    const started = await client.invoke(commands, 'startTraining', { rounds: 3, localEpochs: 2 });
    const again = await client.invoke(commands, 'startTraining');

    expect(started).toMatchObject({ status: 200, executionState: 'Completed', exception: undefined });
    expect(await runsOf('start')).toMatchObject([{ id: started.result.run, totalRounds: 3, localEpochs: 2 }]);
    expect(again).toMatchObject({ status: 200, executionState: 'Failed', result: undefined });
    expect(again.exception).toMatch(/^E_WRONG_STATE: /);
    const state = await eventually(async () => {
      const { result } = await client.invoke(commands, 'getState');
      return result.round === 1 ? result : undefined;
    });
    expect(state).toMatchObject({
      federation: 'start',
      run: started.result.run,
      round: 1,
      totalRounds: 3,
      participantsOnline: ['start-1'],
    });

    const stopped = await client.invoke(commands, 'stopTraining', started.result.run);
    expect(stopped.result).toEqual({ run: started.result.run, state: 'stopped' });
    expect((await stage.ended(started.result.run)).state).toBe('stopped');
    expect((await client.invoke(commands, 'stopTraining', 'no-such-run')).exception).toMatch(/^E_NOT_FOUND/);
  });

  it('go 202, 302, result; an Async twin answers with the handle of its task', async () => {
    const { commands } = await open('async');
    const path = await client.begin(commands, 'startTrainingAsync', {});
    const status = await eventually(async () => {
      const answer = await client.request('GET', path);
      return answer.status === 302 ? answer : undefined;
    });
    const task = await client.result(status.headers.get('location') ?? '');
    expect(task).toMatchObject({ status: 200, executionState: 'Completed' });

    const taskPath = `${commands}/startTraining/operation-status/${Buffer.from(task.result).toString('base64url')}`;
    const ended = await eventually(async () => {
      const answer = await client.request('GET', taskPath);
      return answer.status === 302 ? answer : undefined;
    });
    const { result } = await client.result(ended.headers.get('location') ?? '');
    expect((await stage.ended(result.run)).state).toBe('completed');
    expect(await runsOf('async')).toHaveLength(1);
  });

  it('refuse wrong arguments with every fault', async () => {
    const { commands } = await open('faults');
    const answers = await Promise.all([
      client.invoke(commands, 'startTraining', { rounds: 0, colour: 'red' }),
      client.invoke(commands, 'startTraining', 'no JSON'),
      client.invoke(commands, 'reconfigure', {}),
      client.invoke(commands, 'changeAiModel', '7'),
      client.invoke(commands, 'infer', { participant: 'stranger' }),
      client.invoke(commands, 'infer', {}),
      client.invoke(commands, 'infer', { participant: 'faults-1' }),
      client.invoke(commands, 'feedbackToAi', { participant: 'faults-1', window: 'latest', label: 'purple' }),
    ]);
    for (const { status, executionState } of answers)
      expect([status, executionState]).toEqual([200, 'Failed']);
    expect(answers.map(({ exception }) => exception)).toEqual([
      expect.stringMatching(/rounds.*colour|colour.*rounds/s),
      expect.stringContaining('no JSON'),
      expect.stringContaining('E_INVALID_INPUT'),
      expect.stringContaining('E_NOT_FOUND'),
      expect.stringContaining('E_NOT_FOUND'),
      expect.stringContaining('which participant'),
      expect.stringContaining('no model version yet'),
      expect.stringContaining('none of the classes'),
    ]);
    // What does not fit the Operation itself is refused by the AAS server.
    const request = (inputArguments: object) =>
      client.request('POST', `${commands}/reconfigure/invoke/$value`, { inputArguments });
    expect((await request({})).status).toBe(400);
    expect((await request({ values: '{}', more: '' })).status).toBe(400);
    expect((await request({ values: 'x'.repeat(70_000) })).status).toBe(400);
  });

  it('change what the next runs begin with', async () => {
    const { commands, trainer } = await open('defaults', { train: untilStopped });
    const values = { rounds: 4, localEpochs: 3, seed: 9, deadlineMs: 30_000, maximumRoundAttempts: 1 };
    expect((await client.invoke(commands, 'reconfigure', values)).result).toEqual(values);
    const { result } = await client.invoke(commands, 'startTraining');
    expect(await stage.run(result.run)).toMatchObject({ totalRounds: 4, localEpochs: 3, seed: 9 });

    // A run that is under way keeps its deadline over a restart.
    expect((await client.invoke(commands, 'reconfigure', { deadlineMs: 5000 })).exception).toMatch(
      /^E_WRONG_STATE/,
    );
    expect((await client.invoke(commands, 'reconfigure', { rounds: 2 })).result).toMatchObject({ rounds: 2 });
    expect(trainer.seen.length).toBeGreaterThan(0);
    expect(await stage.run(result.run)).toMatchObject({ totalRounds: 4 });
    await client.invoke(commands, 'stopTraining');
    expect(await stage.ended(result.run)).toMatchObject({ state: 'stopped' });
  });
});

describe('the commands that ask a participant', () => {
  it('classify a window where it is, by the version that is served [putCommandAnswer]', async () => {
    const { commands, own, participant, trainer } = await trained('classify');
    const newest = await client.invoke(commands, 'infer', { participant });
    expect(newest.result).toMatchObject({
      participant,
      window: 'w6400',
      class: 'good',
      probabilities: { good: 0.75, bad: 0.25 },
      modelVersion: 1,
    });
    expect(newest.result.modelId).toContain(':model:classify:main:1');

    const changed = await client.invoke(commands, 'changeAiModel', newest.result.modelId.replace(/1$/, '0'));
    expect(changed.result).toMatchObject({ servedVersion: 0, follows: 'selected' });
    expect((await client.invoke(own, 'infer', { window: 'lot-7' })).result).toMatchObject({
      window: 'lot-7',
      modelVersion: 0,
    });
    expect((await client.invoke(own, 'infer', { modelVersion: 1 })).result.modelVersion).toBe(1);
    expect((await client.invoke(commands, 'changeAiModel', 'latest')).result.servedVersion).toBe(1);
    const jobs = trainer.seen.flatMap((job) => (job.kind === 'infer' ? [job] : []));
    expect(jobs.map(({ window, version }) => [window, version.number])).toEqual([
      ['latest', 1],
      ['lot-7', 0],
      ['latest', 1],
    ]);
    expect((await client.invoke(own, 'getState')).result).toMatchObject({ participant, state: 'ready' });
    expect((await client.invoke(own, 'infer', { participant: 'other' })).exception).toMatch(
      /^E_INVALID_INPUT/,
    );
  });

  it('pass a label on to the data set', async () => {
    const { own, trainer } = await open('label');
    const { result } = await client.invoke(own, 'feedbackToAi', { window: 'w64', label: 'bad' });
    expect(result).toMatchObject({ participant: 'label-1', window: 'w64', label: 'bad' });
    expect(trainer.seen).toContainEqual(
      expect.objectContaining({ kind: 'feedback', window: 'w64', label: 'bad' }),
    );
  });

  it('fail with the code of the job, time out, and take the job back then', async () => {
    const aborted: string[] = [];
    const { own } = await open('bad-day', {
      command: async (job: { window: string }, { signal }: { signal: AbortSignal }) => {
        if (job.window === 'missing') throw new CodedError('E_NOT_FOUND', 'there is no window "missing"');
        if (job.window !== 'slow') return false;
        return untilAborted(signal).finally(() => aborted.push(job.window));
      },
    });
    const label = 'bad';
    const missing = await client.invoke(own, 'feedbackToAi', { window: 'missing', label });
    expect(missing).toMatchObject({ status: 200, executionState: 'Failed' });
    expect(missing.exception).toBe('E_NOT_FOUND: there is no window "missing"');

    const slow = await client.invoke(own, 'feedbackToAi', { window: 'slow', label }, 'PT0.5S');
    expect(slow).toMatchObject({ status: 200, executionState: 'Timeout' });
    await eventually(() => aborted.length === 1);
  });

  it('are refused at once while the participant is offline', async () => {
    const { own, trainer } = await open('away');
    await trainer.stop();
    await eventually(async () => (await client.invoke(own, 'getState')).result.state === 'offline');
    const answer = await client.invoke(own, 'feedbackToAi', { window: 'latest', label: 'bad' });
    expect(answer.exception).toMatch(/^E_UNREACHABLE: participant away-1 is offline/);
  });

  it('take an answer from its own trainer only, once, of the kind that was asked', async () => {
    let asked: { request: string } | undefined;
    const { own, trainer, participant } = await open('answers', {
      command: async (job: { request: string }) => {
        asked = job;
        return true;
      },
    });
    const stranger = (await open('stranger')).trainer;
    const path = await client.begin(own, 'feedbackToAi', { window: 'latest', label: 'bad' });
    const { request } = await eventually(() => asked);
    const at = `/api/commands/${request}/answers/${participant}`;
    const feedback = { kind: 'feedback', window: 'w0', windowAt: '2026-01-01T00:00:00.000Z', label: 'bad' };
    const inferred = { ...feedback, kind: 'infer', class: 'good', probabilities: {}, label: undefined };
    expect((await stranger.call('PUT', at, feedback)).status).toBe(403);
    expect((await trainer.call('PUT', at, inferred)).status).toBe(409);
    expect((await trainer.call('PUT', at.replace(request, 'unknown'), feedback)).status).toBe(404);
    expect((await trainer.call('PUT', at, feedback)).status).toBe(204);
    expect((await trainer.call('PUT', at, feedback)).status).toBe(409);
    expect((await client.request('GET', path)).status).toBe(302);
  });
});

describe('an invoked command', () => {
  it('survives a restart of the aggregator, with its handle and its outcome', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { own } = await open('restart', {
      command: async () => {
        await held;
        return false;
      },
    });
    const path = await client.begin(own, 'feedbackToAi', { window: 'w1', label: 'good' });
    const before = await client.request('GET', path);
    expect(before).toMatchObject({ status: 200, body: { executionState: 'Running' } });

    await stage.restart();
    expect((await client.request('GET', path)).body).toEqual({ executionState: 'Running' });
    release();

    const status = await eventually(async () => {
      const answer = await client.request('GET', path);
      return answer.status === 302 ? answer : undefined;
    });
    const { result } = await client.result(status.headers.get('location') ?? '');
    expect(result).toMatchObject({ window: 'w1', label: 'good' });
    await stage.restart();
    expect((await client.request('GET', path)).status).toBe(302);
  });

  it('is performed by a queue that comes back, and looks work without one', async () => {
    const { commands, own } = await open('no-redis');
    await stage.redis.kill9();
    await eventually(async () => (await stage.aggregator.get('/api/status')).body.redis === 'unreachable');
    expect((await client.invoke(commands, 'getState')).result.state).toBe('idle');
    expect((await client.invoke(commands, 'reconfigure', { rounds: 7 })).result.rounds).toBe(7);
    const path = await client.begin(own, 'feedbackToAi', { window: 'w1', label: 'good' });
    expect((await client.request('GET', path)).body).toEqual({ executionState: 'Running' });
    await stage.redis.restart();
    await eventually(async () => (await client.request('GET', path)).status === 302);
  });
});
