import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run, TrainerFile } from '../../openapi/schemas.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { type FrozenIndex, readFrozenIndex } from '../../services/trainer/data-set/frozen-index.ts';
import { ForeignClient } from '../services/aggregator/support/foreign-client.ts';
import { Stage } from '../services/aggregator/support/stage.ts';
import { temporaryFolder } from '../services/trainer/temporary-folder.ts';
import { toneProfile } from '../services/trainer/tone-data-set.ts';
import { writeToneRecordings } from '../services/trainer/tone-recordings.ts';
import { eventually } from '../support/eventually.ts';

describe('a foreign AAS client, with a real aggregator and a real trainer', () => {
  const folder = temporaryFolder();
  const client = new ForeignClient(() => stage.aggregator.aas);
  let stage: Stage;
  let trainer: ChildProcess;
  let federation: string;
  let participant: string;

  beforeAll(async () => {
    stage = await Stage.open();
    const profile = toneProfile();
    const training = {
      localEpochs: 3,
      batchSize: 16,
      seed: 1,
      optimizer: { key: 'adam' as const, learningRate: 0.02 },
    };
    const token = await stage.create('tones', {
      model: { key: 'dense', hidden: [8] },
      profile,
      training,
      rounds: 1,
    });
    trainer = startTrainer(token);
    federation = await eventually(() => client.commandsOf('federation', 'tones'));
    participant = await eventually(() => client.commandsOf('participant', 'press-1'), { timeoutMs: 60_000 });
    await eventually(async () => (await client.invoke(participant, 'getState')).result.state === 'ready', {
      timeoutMs: 60_000,
      intervalMs: 200,
    });
  }, 180_000);
  afterAll(async () => {
    const ended = new Promise((resolve) => trainer.once('exit', resolve));
    trainer.kill('SIGTERM');
    await ended;
    await stage.close();
  });

  function startTrainer(token: string): ChildProcess {
    const recordings = join(folder, 'recordings');
    writeToneRecordings(recordings, ['press-1'], 1280);
    writeFileSync(join(folder, 'join.token'), token);
    const { url, passwordFile } = stage.redis.connection;
    const file: TrainerFile = {
      aggregator: stage.aggregator.url,
      token: { file: join(folder, 'join.token') },
      queue: { redis: url, ...(passwordFile !== undefined && { passwordFile }) },
      pool: { id: 'hall-3' },
      participants: [{ id: 'press-1', source: { folder: { path: recordings, value: 'press-1' } } }],
    };
    const settings = join(folder, 'settings.json');
    writeFileSync(settings, JSON.stringify({ trainer: file, folder: join(folder, 'state') }));
    return fork(entryPoint('services/trainer/main'), [settings], {
      execArgv: [],
      env: { PATH: process.env['PATH'], FEDSHELL_LOG_LEVEL: 'silent' },
    });
  }

  async function train(): Promise<Run> {
    const { result, exception } = await client.invoke(federation, 'startTraining', { rounds: 1 });
    expect(exception).toBeUndefined();
    const run = await eventually(
      async () => {
        const shown = await stage.run(result.run);
        return shown.endedAt === undefined ? undefined : shown;
      },
      { timeoutMs: 60_000, intervalMs: 100, what: 'the end of the run' },
    );
    expect(run.state).toBe('completed');
    return run;
  }

  /** The examples that the last run trained on, as they lie at the site. */
  async function lastFrozen(): Promise<FrozenIndex> {
    const frozen = join(folder, 'state', 'participants', 'press-1', 'frozen');
    const [file, ...others] = readdirSync(frozen).filter((name) => /^[0-9a-f]{64}$/.test(name));
    expect(others).toEqual([]);
    return readFrozenIndex(join(frozen, file ?? ''));
  }

  it('trains, classifies a window where it is, and corrects its label for the next run', async () => {
    await train();
    const before = await lastFrozen();

    const inferred = await client.invoke(federation, 'infer', { participant: 'press-1', window: 'w0' });
    expect(inferred).toMatchObject({ status: 200, executionState: 'Completed', exception: undefined });
    const { window, class: inferredClass, probabilities, modelVersion } = inferred.result;
    expect([window, modelVersion]).toEqual(['w0', 1]);
    const values = Object.values<number>(probabilities);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10);
    expect(probabilities[inferredClass]).toBe(Math.max(...values));

    const path = await client.begin(participant, 'infer', { window: 'latest' });
    const status = await eventually(async () => {
      const answer = await client.request('GET', path);
      return answer.status === 302 ? answer : undefined;
    });
    const latest = await client.result(status.headers.get('location') ?? '');
    expect(latest.result).toMatchObject({ participant: 'press-1', modelVersion: 1 });
    expect(latest.result.window).not.toBe('w0');

    const [first = 0] = before.train.labels;
    const other = toneProfile().classes[1 - first] ?? '';
    const feedback = await client.invoke(participant, 'feedbackToAi', { window: 'w0', label: other });
    expect(feedback.result).toMatchObject({ window: 'w0', label: other });
    await train();

    const after = await lastFrozen();
    const changed = [...after.train.labels].flatMap((label, index) =>
      label === before.train.labels[index] ? [] : [[index, label]],
    );
    expect(changed).toEqual([[0, 1 - first]]);
  }, 180_000);

  it('learns why a command failed at the site', async () => {
    const missing = await client.invoke(participant, 'infer', { window: 'lot-7' });
    expect(missing).toMatchObject({ status: 200, executionState: 'Failed' });
    expect(missing.exception).toBe('E_NOT_FOUND: participant press-1 has no window "lot-7"');
  });
});
