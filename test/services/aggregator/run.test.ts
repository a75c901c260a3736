import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { TrainJob } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from './support/call.ts';
import { federation, initialValueAt, sha256 } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import { deltaOf, exampleCountOf } from './support/test-trainer.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

async function readVersion(id: string, number: number) {
  const path = `/api/federations/${id}/versions/${number}/weights`;
  const response = await fetch(`${stage.aggregator.url}${path}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { ...readSafetensors(bytes), etag: response.headers.get('etag'), bytes };
}

/** What federated averaging must give, computed here from the formulas of the test's trainer. */
function expectedKernel(roundsOfCohorts: readonly (readonly string[])[]): number[] {
  return Array.from({ length: 12 }, (_, position) => {
    let value = Math.fround(initialValueAt(position));
    roundsOfCohorts.forEach((participants, index) => {
      let sum = 0;
      let count = 0;
      for (const id of participants) {
        sum += exampleCountOf(id) * Math.fround(deltaOf(id, index + 1)(position));
        count += exampleCountOf(id);
      }
      value = Math.fround(value + Math.fround(sum / count));
    });
    return value;
  });
}

describe('a run', () => {
  it('goes from two pools to the weighted mean, evaluated after each round [startRun] [getRun] [listRuns]', async () => {
    const token = await stage.create('press-shop');
    await stage.trainer('hall-1', ['press-1', 'press-2']).start(token);
    await stage.trainer('hall-2', ['press-3']).start(token);

    const run = await stage.ended(await stage.startRun('press-shop'));

    expect([run.state, run.reason, run.round]).toEqual(['completed', undefined, 2]);
    expect(run.rounds.map((round) => [round.state, round.contributions.length, round.version])).toEqual([
      ['completed', 3, 1],
      ['completed', 3, 2],
    ]);
    const cohort = ['press-1', 'press-2', 'press-3'];
    const { tensors } = await readVersion('press-shop', 2);
    expect([...tensors.get('dense/kernel')!.values]).toEqual(expectedKernel([cohort, cohort]));
    const figures = run.evaluations.map(({ number, participants, accuracy }) => [
      number,
      participants,
      accuracy,
    ]);
    expect(figures).toEqual([
      [0, 3, 0.5],
      [1, 3, 0.6],
      [2, 3, 0.7],
    ]);
    const { body } = await stage.aggregator.get('/api/runs?federation=press-shop');
    expect(body.map(({ id }: { id: string }) => id)).toEqual([run.id]);
  });

  it('keeps its versions readable by anybody [listVersions] [getVersion] [getWeights]', async () => {
    const { body: versions } = await stage.aggregator.get('/api/federations/press-shop/versions');
    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/2?group=main');
    const { etag, bytes } = await readVersion('press-shop', 2);
    const again = await fetch(`${stage.aggregator.url}/api/federations/press-shop/versions/2/weights`, {
      headers: { 'If-None-Match': etag! },
    });

    expect(versions.map(({ number }: { number: number }) => number)).toEqual([0, 1, 2]);
    expect(version).toMatchObject({ parent: versions[1].sha256, round: 2, exampleCount: 60 });
    expect([etag, sha256(bytes), again.status]).toEqual([`"${version.sha256}"`, version.sha256, 304]);
    const missing = await stage.aggregator.get('/api/federations/press-shop/versions/9');
    expect([missing.status, missing.body.code]).toEqual([404, 'E_NOT_FOUND']);
  });

  it('shows its version in the AAS with the same bytes as attachment', async () => {
    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/2');

    const response = await fetch(version.attachmentUrl);
    const attachment = new Uint8Array(await response.arrayBuffer());
    const encoded = Buffer.from(version.shellId).toString('base64url');
    const descriptor = await call(stage.aggregator.aas, 'GET', `/shell-descriptors/${encoded}`);

    expect([response.status, sha256(attachment)]).toEqual([200, version.sha256]);
    expect([descriptor.status, descriptor.body.id]).toEqual([200, version.shellId]);
  });

  it('tells its state in the status submodel of the federation', async () => {
    const { body } = await stage.aggregator.get('/api/federations/press-shop');
    const id = Buffer.from(`${body.shellId}:Run`).toString('base64url');

    const status = await eventually(async () => {
      const { body: value } = await call(stage.aggregator.aas, 'GET', `/submodels/${id}/$value`);
      return value.state === 'completed' ? value : undefined;
    });

    expect(status).toMatchObject({ round: 2, modelVersion: 2, aggregatedAccuracy: 0.7, participants: 3 });
  });

  it('goes on from the current version of its federation', async () => {
    const { body } = await stage.aggregator.post('/api/federations/press-shop/tokens');
    const trainer = stage.trainer('hall-4', ['press-4']);
    await trainer.start(body.joinToken);

    const id = await stage.startRun('press-shop', {
      rounds: 1,
      participants: ['press-4'],
      seed: 7,
      localEpochs: 3,
    });
    const run = await stage.ended(id);

    expect(run).toMatchObject({ state: 'completed', baseVersion: 2, seed: 7, localEpochs: 3 });
    expect(run.rounds[0]).toMatchObject({ version: 3, cohort: ['press-4'] });
    expect(run.evaluations.map(({ number }) => number)).toEqual([2, 3]);
    const job = trainer.seen.find(({ kind }) => kind === 'train');
    expect(job).toMatchObject({ training: { localEpochs: 3, seed: 7 }, bases: [{ number: 2 }] });
  });

  it('names to each participant the sha256 of its last update that counted', async () => {
    const token = await stage.create('counting');
    const trainer = stage.trainer('counting', ['c-1']);
    await trainer.start(token);

    const run = await stage.ended(await stage.startRun('counting'));

    const jobs = trainer.seen.flatMap((job) => (job.kind === 'train' ? [job.lastCountedUpdate] : []));
    expect(jobs).toEqual([undefined, run.rounds[0]!.contributions[0]!.sha256]);
  });

  it('puts a federated scaler into the model, of everybody together [putStatistics] [putInitialVersion]', async () => {
    const { profile } = federation('any');
    const token = await stage.create('standardised', {
      profile: { ...profile, standardisation: 'federated' },
      rounds: 1,
    });
    await stage.trainer('standardised', ['s-1', 's-2']).start(token);

    const run = await stage.ended(await stage.startRun('standardised'));

    expect(run.state).toBe('completed');
    const { header } = await readVersion('standardised', 1);
    const { scaler, number } = readVersionMetadata(header.metadata);
    expect(number).toBe(1);
    expect(scaler).toEqual({ kind: 'federated', mean: [1, 2, 3, 4], standardDeviation: [1, 1, 1, 1] });
  });

  it('waits with the reason until enough participants are ready', async () => {
    const token = await stage.create('waiting', { rounds: 1 });
    const trainer = stage.trainer('waiting', ['w-1', 'w-2']);
    trainer.ready.delete('w-2');
    await trainer.start(token);

    const id = await stage.startRun('waiting');
    const waiting = await stage.until(id, ({ state }) => state === 'waiting');
    trainer.ready.add('w-2');
    const run = await stage.ended(id);

    expect(waiting.reason).toContain('1 of 2 participants are ready');
    expect(waiting.reason).toContain('w-2: has 3 of 10 windows');
    expect([run.state, run.rounds.map(({ roundAttempt }) => roundAttempt)]).toEqual(['completed', [1]]);
  });

  it('is the only unfinished one of its federation, and asks only admitted participants', async () => {
    await stage.create('single');
    const id = await stage.startRun('single');

    const second = await stage.aggregator.post('/api/federations/single/runs', {});
    const strangers = await stage.aggregator.post('/api/federations/waiting/runs', {
      participants: ['w-1', 'x'],
    });

    expect([second.status, second.body.code, second.body.details]).toEqual([
      409,
      'E_WRONG_STATE',
      { run: id },
    ]);
    expect([strangers.status, strangers.body.faults[0].path]).toEqual([400, '/participants/1']);
  });

  it('opens no round while it is paused, and goes on when resumed [commandRun]', async () => {
    const token = await stage.create('paused');
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const trainer = stage.trainer('paused', ['p-1'], { train: async () => gate.then(() => false) });
    await trainer.start(token);
    const id = await stage.startRun('paused');
    await stage.until(id, ({ rounds }) => rounds.length === 1);

    const paused = await stage.aggregator.post(`/api/runs/${id}/pause`);
    release();
    const rested = await stage.until(id, ({ rounds }) => rounds[0]?.state === 'published');
    const again = await stage.aggregator.post(`/api/runs/${id}/pause`);
    await stage.aggregator.post(`/api/runs/${id}/resume`);
    const run = await stage.ended(id);

    expect([paused.status, paused.body.state, rested.state, rested.rounds.length]).toEqual([
      200,
      'paused',
      'paused',
      1,
    ]);
    expect([again.status, again.body.code]).toEqual([409, 'E_WRONG_STATE']);
    expect([run.state, run.rounds.length]).toEqual(['completed', 2]);
  });

  it('discards its open round when it is stopped [commandRun]', async () => {
    const token = await stage.create('stopped');
    const aborted: boolean[] = [];
    const trainer = stage.trainer('stopped', ['q-1'], {
      train: (_job, _trainer, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.push(true);
            resolve(true);
          });
        }),
    });
    await trainer.start(token);
    const id = await stage.startRun('stopped');
    await stage.until(id, () => trainer.seen.some(({ kind }) => kind === 'train'));

    const { body } = await stage.aggregator.post(`/api/runs/${id}/stop`);

    expect([body.state, body.rounds[0].state, body.rounds[0].version]).toEqual([
      'stopped',
      'failed',
      undefined,
    ]);
    await eventually(() => aborted.length > 0);
    const { body: federationNow } = await stage.aggregator.get('/api/federations/stopped');
    expect([federationNow.version, federationNow.activeRun]).toEqual([0, undefined]);
  });

  it('repeats a round below its quorum and then fails with the reason', async () => {
    const token = await stage.create('too-few');
    const trainer = stage.trainer('too-few', ['f-1', 'f-2'], {
      train: async ({ participant }) => {
        if (participant !== 'f-2') return false;
        throw new CodedError('E_TRAINING_DIVERGED', 'the loss is not finite');
      },
    });
    await trainer.start(token);

    const run = await stage.ended(await stage.startRun('too-few'));

    expect(run.state).toBe('failed');
    expect(run.rounds.map((round) => [round.round, round.roundAttempt, round.state, round.version])).toEqual([
      [1, 1, 'failed', undefined],
      [1, 2, 'failed', undefined],
    ]);
    expect(run.reason).toContain('round 1 was tried 2 times');
    expect(run.reason).toContain('f-2: E_TRAINING_DIVERGED the loss is not finite');
    expect(run.rounds[0]!.refusals[0]).toMatchObject({ participant: 'f-2', code: 'E_TRAINING_DIVERGED' });
  });

  it('counts those who contributed where the quorum allows it, at the deadline', async () => {
    const token = await stage.create('deadline', {
      rounds: 1,
      quorum: { kind: 'fraction', of: 0.5 },
      deadlineMs: 1000,
      evaluation: { everyRounds: 0, of: 'all' },
    });
    const trainer = stage.trainer('deadline', ['d-1', 'd-2', 'd-3'], {
      train: ({ participant }, _trainer, { signal }) =>
        participant === 'd-3'
          ? new Promise((resolve) => signal.addEventListener('abort', () => resolve(true)))
          : Promise.resolve(false),
    });
    await trainer.start(token);

    const run = await stage.ended(await stage.startRun('deadline'));

    expect([run.state, run.evaluations]).toEqual(['completed', []]);
    expect(run.rounds[0]).toMatchObject({ cohort: ['d-1', 'd-2', 'd-3'], quorum: 2, version: 1 });
    const { tensors } = await readVersion('deadline', 1);
    expect([...tensors.get('dense/kernel')!.values]).toEqual(expectedKernel([['d-1', 'd-2']]));
  });

  it('fails with the reason when those it waits for can never become ready', async () => {
    const token = await stage.create('spent', { rounds: 1 });
    const trainer = stage.trainer('spent', ['spent-1', 'spent-2']);
    trainer.ready.delete('spent-2');
    trainer.spent.add('spent-2');
    await trainer.start(token);

    const run = await stage.ended(await stage.startRun('spent'));

    expect(run.state).toBe('failed');
    expect(run.reason).toContain('the sources of the others have finished (spent-2: has 3 of 10 windows)');
  });

  it('goes on without a participant that is taken out, and refuses its update', async () => {
    const token = await stage.create('leaving', {
      rounds: 1,
      quorum: { kind: 'count', of: 1 },
      deadlineMs: 60_000,
      evaluation: { everyRounds: 0, of: 'all' },
    });
    const trainer = stage.trainer('leaving', ['l-1', 'l-2'], {
      train: ({ participant }, _trainer, { signal }) =>
        participant === 'l-2'
          ? new Promise((resolve) => signal.addEventListener('abort', () => resolve(true)))
          : Promise.resolve(false),
    });
    await trainer.start(token);
    const id = await stage.startRun('leaving');
    const job = await eventually(() =>
      trainer.seen.find((each) => each.kind === 'train' && each.participant === 'l-2'),
    );
    await call(stage.aggregator.url, 'DELETE', '/api/participants/l-2');

    const late = await trainer.putUpdate(job as TrainJob, trainer.makeUpdate(job as TrainJob));
    const run = await stage.ended(id);

    expect(['E_NOT_IN_COHORT', 'E_ROUND_CLOSED']).toContain(late.body.code);
    expect(run.state).toBe('completed');
    expect(run.rounds[0]!.contributions.map(({ participant }) => participant)).toEqual(['l-1']);
    expect(run.rounds[0]!.refusals[0]).toMatchObject({ participant: 'l-2', code: 'E_NOT_IN_COHORT' });
  });

  it('does not wait for jobs that ended without an update', async () => {
    const token = await stage.create('silent', { rounds: 1, quorum: { kind: 'count', of: 1 } });
    await stage
      .trainer('silent', ['n-1', 'n-2'], { train: async ({ participant }) => participant === 'n-2' })
      .start(token);

    const run = await stage.ended(await stage.startRun('silent'));

    expect([run.state, run.rounds[0]!.contributions.length]).toEqual(['completed', 1]);
    expect(run.rounds[0]!.refusals[0]).toMatchObject({ participant: 'n-2', code: 'E_TRAINING_FAILED' });
  });

  it('completes with the reason noted where an evaluation stays incomplete [postEvaluation]', async () => {
    const token = await stage.create('unscored', { rounds: 1, deadlineMs: 1000 });
    const trainer = stage.trainer('unscored', ['u-1'], {
      evaluate: async ({ version }) => version.number === 1,
    });
    await trainer.start(token);

    const run = await stage.ended(await stage.startRun('unscored'));

    expect(run.state).toBe('completed');
    expect(run.reason).toContain('the evaluation of version 1 is incomplete: u-1 did not answer in time');
  });

  it('has its last version scored by those who made it, whether or not they are ready at that moment', async () => {
    const token = await stage.create('restarting', { rounds: 1 });
    const trainer = stage.trainer('restarting', ['r-1', 'r-2'], {
      train: async (_job, { ready }) => {
        ready.clear();
        await trainer.heartbeat();
        return false;
      },
    });
    await trainer.start(token);

    const run = await stage.ended(await stage.startRun('restarting'));

    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    expect(run.evaluations.map(({ number, participants }) => [number, participants])).toEqual([
      [0, 2],
      [1, 2],
    ]);
  });

  it('fails with the reason where the model cannot be built', async () => {
    const token = await stage.create('unknown-model', { model: { key: 'transformer' } });
    const trainer = stage.trainer('unknown-model', ['m-1'], {
      initialise: async () => {
        throw new CodedError('E_UNKNOWN_MODEL', 'known models are dense');
      },
    });
    await trainer.start(token);

    const run = await stage.ended(await stage.startRun('unknown-model'));

    expect([run.state, run.reason]).toEqual([
      'failed',
      'E_UNKNOWN_MODEL: known models are dense (pool unknown-model)',
    ]);
  });

  it('fails with the reason where it demands a GPU and no trainer has one', async () => {
    const training = {
      localEpochs: 1,
      batchSize: 8,
      seed: 1,
      optimizer: { key: 'sgd', learningRate: 0.1 },
    } as const;
    const token = await stage.create('on-a-gpu', { training: { ...training, device: 'gpu' } });
    await stage.trainer('without-gpu', ['g-1']).start(token);

    const run = await stage.ended(await stage.startRun('on-a-gpu'));

    expect([run.state, run.reason]).toEqual([
      'failed',
      'E_NO_GPU: the run demands a GPU, and none of the ready trainers has one',
    ]);
  });
});
