import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schemas, TrainerFile, TrainJob } from '../../../openapi/schemas.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import type { ServiceMessage } from '../../../runtime/service-process.ts';
import { ownNumerics } from '../../../services/trainer/training/numerics.ts';
import { eventually } from '../../support/eventually.ts';
import { openNotedAggregator } from '../../support/queue-sides.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { AggregatorStandIn, type Answer, problem, type SeenRequest, sha256 } from './aggregator-stand-in.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { toneProfile } from './tone-data-set.ts';
import { writeToneRecordings } from './tone-recordings.ts';

interface RunningTrainer {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly first: Promise<ServiceMessage>;
}

describe('the trainer service', () => {
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  const federation = {
    id: 'tones',
    model: { key: 'dense', hidden: [8] },
    profile: toneProfile(),
    training: { localEpochs: 2, batchSize: 16, seed: 1, optimizer: { key: 'adam', learningRate: 0.01 } },
    rounds: 1,
  };
  const aggregator = new AggregatorStandIn();
  const running: RunningTrainer[] = [];
  let redis: TestRedis;
  let trainer: TrainerFile;

  beforeAll(async () => {
    redis = await startTestRedis();
    const recordings = join(folder, 'recordings');
    writeToneRecordings(recordings, ['press-1', 'press-2'], 1280);
    mkdirSync(state);
    const token = join(folder, 'join.token');
    writeFileSync(token, 'the-join-token\n');
    const { url, passwordFile } = redis.connection;
    trainer = {
      aggregator: await aggregator.listen(),
      token: { file: token },
      queue: { redis: url, ...(passwordFile !== undefined && { passwordFile }) },
      pool: { id: 'hall-3' },
      participants: ['press-1', 'press-2'].map((id) => ({
        id,
        source: { folder: { path: recordings, value: id } },
      })),
    };
  });

  beforeEach(() => {
    aggregator.requests.length = 0;
    aggregator.answer = answer;
  });

  afterEach(async () => {
    for (const { child, exited } of running.splice(0)) {
      child.kill('SIGKILL');
      await exited;
    }
  });

  afterAll(async () => {
    await aggregator.close();
    await redis.stop();
  });

  function answer({ path, headers }: SeenRequest): Answer {
    if (path.endsWith('/join')) {
      const known = headers.authorization === 'Bearer key-1';
      return { status: 200, body: { ...(!known && { key: 'key-1' }), federations: [federation] } };
    }
    return { status: 200, body: { federations: [federation] } };
  }

  function startTrainer(changes: Partial<TrainerFile> = {}): RunningTrainer {
    const settings = join(folder, 'settings.json');
    writeFileSync(settings, JSON.stringify({ trainer: { ...trainer, ...changes }, folder: state }));
    const child = fork(entryPoint('services/trainer/main'), [settings], {
      execArgv: [],
      env: { PATH: process.env['PATH'], FEDSHELL_LOG_LEVEL: 'silent' },
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const first = new Promise<ServiceMessage>((resolve) =>
      child.once('message', (message) => resolve(message as ServiceMessage)),
    );
    const one = { child, exited, first };
    running.push(one);
    return one;
  }

  function lastHeartbeat(): Schemas['Heartbeat'] | undefined {
    const body = aggregator.to('/heartbeat').at(-1)?.body;
    return body === undefined ? undefined : (JSON.parse(String(body)) as Schemas['Heartbeat']);
  }

  const bothReady = () =>
    eventually(() =>
      lastHeartbeat()?.participants.every(({ state, data }) => state === 'ready' && data[0]?.finished),
    );

  it('joins with its token, collects, tells that it is ready, trains from the queue, and ends on SIGTERM', async () => {
    const { child, exited, first } = startTrainer();
    expect(await first).toEqual({ kind: 'ready', addresses: {} });
    const join1 = JSON.parse(String(aggregator.to('/join')[0]!.body)) as Schemas['JoinRequest'];
    expect(join1).toMatchObject({ token: 'the-join-token', pool: { id: 'hall-3', numerics: ownNumerics() } });
    expect(join1.participants[0]!.signals).toContain('vibration');
    await bothReady();
    expect(lastHeartbeat()!.participants[0]!.data).toEqual([
      expect.objectContaining({
        federation: 'tones',
        windows: 80,
        trainExamples: 40,
        testExamples: 40,
        finished: true,
      }),
    ]);

    const queueSide = await openNotedAggregator(redis.connection);
    const { model, profile, training } = federation;
    const job = { run: 'R', federation: 'tones', model, profile } as const;
    await queueSide.queue.addPoolJob('hall-3', {
      ...job,
      kind: 'initialise',
      seed: 1,
      scaler: { kind: 'local' },
    });
    const version = await eventually(() => aggregator.to('initial-version')[0]?.body);
    aggregator.versions.set(0, version);
    const base = { group: 'main', number: 0, sha256: sha256(version), bytes: version.byteLength };
    const round = { run: 'R', round: 1, roundAttempt: 1 };
    const jobs = ['press-1', 'press-2'].map((participant) => ({
      pool: 'hall-3',
      job: {
        ...job,
        ...round,
        kind: 'train',
        participant,
        bases: [base],
        training: training as TrainJob['training'],
        strategy: { key: 'fed-avg' },
        numerics: ownNumerics(),
      } satisfies TrainJob,
    }));
    await queueSide.queue.addRound({ ...round, deadlineMs: 60_000, jobs });
    await eventually(() => queueSide.count('aggregate') === 1, { timeoutMs: 50_000 });
    await queueSide.queue.close();

    expect(aggregator.to('updates')).toHaveLength(2);
    expect(queueSide.progress.some(({ progress }) => progress.trainedAccuracy !== undefined)).toBe(true);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });

  it('joins again with its own key, which only its owner can read', async () => {
    await startTrainer().first;
    await bothReady();

    const [join1] = aggregator.to('/join');

    expect(join1!.headers.authorization).toBe('Bearer key-1');
    expect(JSON.parse(String(join1!.body))).not.toHaveProperty('token');
    expect(readFileSync(join(state, 'trainer.key'), 'utf8')).toBe('key-1');
    expect(statSync(join(state, 'trainer.key')).mode & 0o777).toBe(0o600);
  });

  it('joins with its token when the aggregator does not know its key any more', async () => {
    aggregator.answer = (request) => {
      const { path, headers } = request;
      if (path.endsWith('/join') && headers.authorization !== undefined)
        return problem(401, 'E_UNAUTHORIZED');
      return answer(request);
    };

    await startTrainer().first;

    const tokens = aggregator
      .to('/join')
      .map(({ body }) => (JSON.parse(String(body)) as { token?: string }).token);
    expect(tokens).toEqual([undefined, 'the-join-token']);
  });

  it('collects and joins later when the aggregator is away', async () => {
    let away = true;
    aggregator.answer = (request) => (away ? undefined : answer(request));
    expect(await startTrainer().first).toEqual({ kind: 'ready', addresses: {} });
    away = false;

    await bothReady();
  });

  it('ends with its code when its state folder belongs to another process or its file is wrong', async () => {
    await startTrainer().first;
    const second = startTrainer();
    expect(await second.first).toMatchObject({ kind: 'failed', code: 'E_STATE_IN_USE' });
    expect(await second.exited).toBe(1);

    const twice = [trainer.participants[0]!, trainer.participants[0]!];
    const third = startTrainer({ participants: twice });
    expect(await third.first).toMatchObject({ kind: 'failed', code: 'E_INVALID_INPUT' });
  });

  it('ends with its parent', async () => {
    const { child, exited, first } = startTrainer();
    await first;

    child.disconnect();

    expect(await exited).toBe(0);
  });
});
