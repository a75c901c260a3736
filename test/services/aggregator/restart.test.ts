import { type ChildProcess, fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Round } from '../../../openapi/schemas.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from './support/call.ts';
import { federation } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import { makeFolder } from './support/test-aggregator.ts';
import { TestTrainer } from './support/test-trainer.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

const ROUNDS = 4;

/** The sha256 of the last version of a run that nobody disturbed. */
async function undisturbed(): Promise<string> {
  const id = 'undisturbed';
  const token = await stage.create(id, { rounds: ROUNDS });
  await stage.trainer(id, ['press-1', 'press-2']).start(token);
  await stage.ended(await stage.startRun(id));
  const { body } = await stage.aggregator.get(`/api/federations/${id}/versions/${ROUNDS}`);
  await stage.stopTrainers();
  for (const participant of ['press-1', 'press-2']) {
    await call(stage.aggregator.url, 'DELETE', `/api/participants/${participant}`);
  }
  return body.sha256;
}

describe('an aggregator that ends in the middle of a round', () => {
  it('goes on with the next start and takes the update that its round still waits for', async () => {
    const token = await stage.create('restarted', { rounds: 2 });
    let release = () => {};
    const gate = new Promise<boolean>((resolve) => {
      release = () => resolve(false);
    });
    const trainer = stage.trainer('restarted', ['r-1', 'r-2'], {
      train: ({ participant }) => (participant === 'r-2' ? gate : Promise.resolve(false)),
    });
    await trainer.start(token);
    const id = await stage.startRun('restarted');
    await stage.until(id, ({ rounds }) => rounds[0]?.contributions.length === 1);

    await stage.restart();
    const resumed = await stage.run(id);
    release();
    const run = await stage.ended(id);

    expect(resumed).toMatchObject({ state: 'running', rounds: [{ state: 'collecting' }] });
    expect(resumed.rounds[0]!.contributions.map(({ participant }) => participant)).toEqual(['r-1']);
    expect([run.state, run.rounds.length]).toEqual(['completed', 2]);
    for (const round of run.rounds) expect([round.roundAttempt, round.contributions.length]).toEqual([1, 2]);
  });

  it('keeps who was admitted, and its trainers their keys', async () => {
    const { body } = await stage.aggregator.get('/api/participants/r-1');

    expect(body).toMatchObject({ pool: 'restarted', federations: ['restarted'], attributes: { hall: '3' } });
    expect(body.data[0]).toMatchObject({ federation: 'restarted', trainExamples: 40 });
  });

  it('comes to the same bytes after kill -9 of its process', async () => {
    const expected = await undisturbed();
    const folder = await makeFolder();
    const settings = { folder, port: 0, aasPort: 0, redis: stage.redis.connection };
    let process = await startProcess(settings);
    const create = await call(
      process.url,
      'POST',
      '/api/federations',
      federation('killed', { rounds: ROUNDS }),
    );
    let release = () => {};
    const gate = new Promise<boolean>((resolve) => {
      release = () => resolve(false);
    });
    const trainer = new TestTrainer({
      url: () => process.url,
      redis: stage.redis.connection,
      pool: 'killed',
      participants: ['press-1', 'press-2'],
      train: ({ round, participant }) =>
        round === 3 && participant === 'press-2' ? gate : Promise.resolve(false),
    });
    await trainer.start(create.body.joinToken);
    const { body: started } = await call(process.url, 'POST', '/api/federations/killed/runs', {});
    await eventually(async () => {
      const { body } = await call(process.url, 'GET', `/api/runs/${started.id}`);
      return body.rounds[2]?.contributions.length === 1;
    });

    process.child.kill('SIGKILL');
    await process.exited;
    process = await startProcess({ ...settings, port: Number(new URL(process.url).port) });
    release();
    const run = await eventually(async () => {
      const { body } = await call(process.url, 'GET', `/api/runs/${started.id}`);
      return body.endedAt === undefined ? undefined : body;
    });

    const { body: version } = await call(process.url, 'GET', `/api/federations/killed/versions/${ROUNDS}`);
    await trainer.stop();
    process.child.kill('SIGTERM');
    expect(await process.exited).toBe(0);
    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    // The model's file says nothing of the federation's name, so that equal training gives equal bytes.
    expect(version.sha256).toBe(expected);
    const rounds = run.rounds.map((round: Round) => [
      round.round,
      round.roundAttempt,
      round.contributions.length,
    ]);
    expect(rounds).toEqual([1, 2, 3, 4].map((round) => [round, 1, 2]));
  });
});

describe('an aggregator killed between the last update of a round of several groups and its versions', () => {
  const ids = ['twin-1', 'twin-2', 'twin-3'];
  const attributes = { 'twin-1': { hall: 'A' }, 'twin-2': { hall: 'A' }, 'twin-3': { hall: 'B' } };
  const changes = {
    rounds: 3,
    strategy: { key: 'hierarchical', attribute: 'hall', edgeRounds: 2 },
    deadlineMs: 120_000,
  };

  /** Runs the federation in a process of its own; `disturb` may kill it once the last update of round 2 is in. */
  async function versionsOf(pool: string, disturb: boolean): Promise<string[]> {
    const settings = { folder: await makeFolder(), port: 0, aasPort: 0, redis: stage.redis.connection };
    let process = await startProcess(settings);
    const create = await call(process.url, 'POST', '/api/federations', federation('twins', changes));
    let restarted: Promise<void> | undefined;
    const trainer = new TestTrainer({
      url: () => process.url,
      redis: stage.redis.connection,
      pool,
      participants: ids,
      attributes,
      train: async (job, own) => {
        const last = job.participant === 'twin-3';
        if (!disturb || job.round !== 2 || !last || restarted !== undefined) return false;
        await eventually(async () => {
          const { body } = await call(process.url, 'GET', `/api/runs/${job.run}`);
          return body.rounds[1]?.contributions.length === 2;
        });
        await own.putUpdate(job, own.makeUpdate(job));
        restarted = (async () => {
          process.child.kill('SIGKILL');
          await process.exited;
          process = await startProcess({ ...settings, port: Number(new URL(process.url).port) });
        })();
        await restarted;
        return true;
      },
    });
    await trainer.start(create.body.joinToken);
    const { body: started } = await call(process.url, 'POST', '/api/federations/twins/runs', {});
    const run = await eventually(
      async () => {
        const { body } = await call(process.url, 'GET', `/api/runs/${started.id}`);
        return body.endedAt === undefined ? undefined : body;
      },
      { timeoutMs: 60_000 },
    );
    const { body: versions } = await call(process.url, 'GET', '/api/federations/twins/versions');
    await trainer.stop();
    process.child.kill('SIGTERM');
    await process.exited;
    expect([run.state, run.reason, restarted !== undefined]).toEqual(['completed', undefined, disturb]);
    return versions.map(
      ({ group, number, sha256 }: { group: string; number: number; sha256: string }) =>
        `${group} ${number} ${sha256}`,
    );
  }

  it('comes to the same versions of every group', async () => {
    const expected = await versionsOf('calm', false);

    expect(await versionsOf('torn', true)).toEqual(expected);
    expect(new Set(expected.map((line) => line.split(' ')[0]))).toEqual(
      new Set(['main', 'edge-A', 'edge-B']),
    );
  }, 120_000);
});

describe('a Redis that goes away in the middle of a round', () => {
  it('is seen in the state, and the run goes on when it is back', async () => {
    const token = await stage.create('outage', { rounds: 2 });
    let release = () => {};
    const gate = new Promise<boolean>((resolve) => {
      release = () => resolve(false);
    });
    const trainer = stage.trainer('outage', ['o-1'], { train: () => gate });
    await trainer.start(token);
    const id = await stage.startRun('outage');
    await stage.until(id, () => trainer.seen.some(({ kind }) => kind === 'train'));

    await stage.redis.kill9();
    const away = await stage.until(id, ({ reason }) => reason !== undefined);
    const ready = await stage.aggregator.get('/readyz');
    await stage.redis.restart();
    release();
    const run = await stage.ended(id);

    expect(away.reason).toContain('E_REDIS_UNREACHABLE');
    expect([ready.status, ready.body.reasons]).toEqual([503, ['Redis is unreachable']]);
    expect([run.state, run.rounds.length]).toEqual(['completed', 2]);
  });
});

interface AggregatorProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exited: Promise<number | null>;
}

/** Starts the aggregator as its own process, from compiled code. */
async function startProcess(settings: object): Promise<AggregatorProcess> {
  const file = join(await makeFolder(), 'settings.json');
  await writeFile(file, JSON.stringify(settings));
  const child = fork(entryPoint('services/aggregator/main'), [file], {
    execArgv: [],
    env: { ...process.env, FEDSHELL_LOG_LEVEL: 'error' },
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const message = await new Promise<{ kind: string; message: string; addresses: { api: string } }>(
    (resolve) =>
      child.once('message', (value) => resolve(value as Parameters<typeof resolve>[0] & { kind: string })),
  );
  if (message.kind !== 'ready') throw new Error(message.message);
  return { child, url: message.addresses.api, exited };
}
