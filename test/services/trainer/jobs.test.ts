import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeState } from '../../../learning/strategies/strategy-state.ts';
import { readUpdateHeader } from '../../../learning/update-header.ts';
import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type {
  EvaluateJob,
  EvaluationReport,
  FeatureStatistics,
  Schemas,
  TrainJob,
} from '../../../openapi/schemas.ts';
import { silentLog } from '../../../runtime/log.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import { AggregatorClient } from '../../../services/trainer/aggregator-client.ts';
import { Backends } from '../../../services/trainer/backends/backends.ts';
import type { LocalDataSet } from '../../../services/trainer/data-set/local-data-set.ts';
import type { JobResources } from '../../../services/trainer/jobs/job-resources.ts';
import { runPoolJob } from '../../../services/trainer/jobs/run-pool-job.ts';
import { ownNumerics } from '../../../services/trainer/training/numerics.ts';
import { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';
import { UpdateStore } from '../../../services/trainer/update-store.ts';
import { VersionCache } from '../../../services/trainer/version-cache.ts';
import { eventually } from '../../support/eventually.ts';
import { AggregatorStandIn, problem, sha256 } from './aggregator-stand-in.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { openDataSet, receiveTones, toneProfile } from './tone-data-set.ts';

describe('the jobs of a pool', () => {
  const folder = temporaryFolder();
  const aggregator = new AggregatorStandIn();
  const slots = new TrainingSlots({
    slots: 1,
    entry: entryPoint('services/trainer/training/process'),
    log: silentLog,
  });
  const model = { key: 'dense', hidden: [8] };
  const dataSets = new Map<string, LocalDataSet>();
  let resources: JobResources;
  let updates: UpdateStore;
  let base: TrainJob['bases'][number];

  beforeAll(async () => {
    for (const participant of ['press-1', 'press-2', 'press-3']) {
      dataSets.set(participant, await openDataSet(join(folder, participant), participant));
    }
    receiveTones(dataSets.get('press-1')!, 60);
    receiveTones(dataSets.get('press-2')!, 40);
    updates = await UpdateStore.open(folder);
    resources = {
      client: new AggregatorClient(await aggregator.listen()),
      dataSets,
      tasks: slots,
      backends: await Backends.open({ settings: {}, slots: 2, cacheFolder: folder, log: silentLog }),
      versions: await VersionCache.open({ folder: join(folder, 'versions'), kept: 1 }),
      updates,
      log: silentLog,
    };
    resources.client.useKey('key-of-the-trainer');
    const scaler = { kind: 'local' } as const;
    const profile = toneProfile();
    await run({ kind: 'initialise', run: 'R', federation: 'F', model, profile, seed: 1, scaler });
    const version = aggregator.to('initial-version')[0]!.body;
    base = { group: 'main', number: 0, sha256: sha256(version), bytes: version.byteLength };
    aggregator.versions.set(0, version);
  });

  beforeEach(() => {
    aggregator.requests.length = 0;
    aggregator.answer = () => ({ status: 200, body: {} });
  });

  afterAll(async () => {
    await slots.close();
    updates.close();
    for (const dataSet of dataSets.values()) dataSet.close();
    await aggregator.close();
  });

  function run(job: Parameters<typeof runPoolJob>[0], signal = new AbortController().signal) {
    return runPoolJob(job, { signal, progress: async () => undefined }, resources);
  }

  function trainJob(changes: Partial<TrainJob> = {}): TrainJob {
    return {
      kind: 'train',
      run: 'R',
      federation: 'F',
      round: 1,
      roundAttempt: 1,
      participant: 'press-1',
      bases: [base],
      model,
      profile: toneProfile(),
      training: { localEpochs: 2, batchSize: 16, seed: 1, optimizer: { key: 'adam', learningRate: 0.01 } },
      strategy: { key: 'fed-avg' },
      numerics: ownNumerics(),
      ...changes,
    };
  }

  it('train again after their process stopped in mid-step, and contribute once', async () => {
    const hanging = new TrainingSlots({
      slots: 1,
      entry: entryPoint('services/trainer/training/process'),
      log: silentLog,
      silenceMs: 1_500,
    });
    const job = trainJob({ round: 40 });
    const training = { ...job.training, localEpochs: 10_000 };
    const { signal } = new AbortController();
    let epochs = 0;
    const progress = async ({ epoch }: { epoch: number }) => {
      epochs = Math.max(epochs, epoch);
    };
    const context = { signal, progress: progress as never };
    const first = runPoolJob({ ...job, training }, context, { ...resources, tasks: hanging }).catch(
      (thrown: unknown) => thrown,
    );
    await eventually(() => epochs > 0);
    process.kill(hanging.pids[0]!, 'SIGSTOP');
    const error = await first;
    await runPoolJob(job, { signal, progress: async () => undefined }, { ...resources, tasks: hanging });
    await hanging.close();

    expect(error).toMatchObject({ code: 'E_TRAINING_FAILED', retryable: true });
    expect(aggregator.to('updates')).toHaveLength(1);
  });

  it('send a version 0 that says what it is, the same one each time', async () => {
    const scaler = { kind: 'local' } as const;
    await run({
      kind: 'initialise',
      run: 'R',
      federation: 'F',
      model,
      profile: toneProfile(),
      seed: 1,
      scaler,
    });

    const { path, headers, body } = aggregator.requests[0]!;

    expect(path).toBe('/api/runs/R/initial-version');
    expect(headers['x-content-sha256']).toBe(base.sha256);
    expect(sha256(body)).toBe(base.sha256);
    expect(readVersionMetadata(readSafetensors(body).header.metadata).profile).toEqual(toneProfile());
  });

  it('classify a window by a version, where it is: class and probabilities leave', async () => {
    const { window: id } = await dataSets.get('press-1')!.windowFeatures(toneProfile(), 'w640');
    const job = { kind: 'infer', federation: 'F', participant: 'press-1', version: base, model } as const;
    await run({ ...job, request: 'q-1', window: 'w640', profile: toneProfile() });
    await run({ ...job, request: 'q-2', window: 'latest', participant: 'press-2', profile: toneProfile() });

    const [first, second] = aggregator.to('/answers/').map(({ method, path, body }) => ({
      method,
      path,
      answer: JSON.parse(String(body)) as Schemas['InferAnswer'],
    }));
    expect([first!.method, first!.path]).toEqual(['PUT', '/api/commands/q-1/answers/press-1']);
    expect(second!.path).toBe('/api/commands/q-2/answers/press-2');
    expect(Object.keys(first!.answer).sort()).toEqual([
      'class',
      'kind',
      'probabilities',
      'window',
      'windowAt',
    ]);
    expect(first!.answer.window).toBe(id);
    for (const { answer } of [first!, second!]) {
      const probabilities = Object.entries(answer.probabilities);
      expect(probabilities.map(([name]) => name)).toEqual(toneProfile().classes);
      expect(probabilities.reduce((sum, [, value]) => sum + value, 0)).toBeCloseTo(1, 12);
      expect(answer.probabilities[answer.class]).toBe(Math.max(...probabilities.map(([, value]) => value)));
    }
  });

  it('end an answer that nobody waits for as done, and a window that is not there as failed', async () => {
    const job = { kind: 'feedback', request: 'q-3', federation: 'F', participant: 'press-1' } as const;
    aggregator.answer = () => problem(409, 'E_WRONG_STATE');
    await run({ ...job, window: 'w0', label: 'healthy', profile: toneProfile() });
    const missing = run({ ...job, request: 'q-4', window: 'lot-7', label: 'worn', profile: toneProfile() });
    await expect(missing).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    expect(aggregator.to('/answers/')).toHaveLength(1);
  });

  it('contribute an update under its key, with its hash and the key of the trainer', async () => {
    await run(trainJob());

    const { path, method, headers, body } = aggregator.to('updates')[0]!;

    expect([method, path]).toEqual(['PUT', '/api/runs/R/rounds/1/attempts/1/updates/press-1']);
    expect(headers.authorization).toBe('Bearer key-of-the-trainer');
    expect(headers['x-content-sha256']).toBe(sha256(body));
    expect(headers['content-length']).toBe(String(body.byteLength));
    expect(readUpdateHeader(readSafetensors(body).header)).toMatchObject({
      run: 'R',
      round: 1,
      participant: 'press-1',
      baseSha256: base.sha256,
      exampleCount: 48,
    });
  });

  it('send the same bytes again without training when the answer was lost', async () => {
    let lost = 2;
    aggregator.answer = ({ path }) => {
      if (path.includes('updates') && lost > 0) {
        lost -= 1;
        return lost === 0 ? problem(503, 'E_REDIS_UNREACHABLE') : undefined;
      }
      return { status: 200, body: {} };
    };
    await run(trainJob({ round: 2 }));
    await run(trainJob({ round: 2 }));

    const sent = aggregator.to('updates');

    expect(sent).toHaveLength(4);
    expect(new Set(sent.map(({ body }) => sha256(body))).size).toBe(1);
  });

  it('train again to the same bytes when the stored update is gone', async () => {
    await run(trainJob({ round: 3 }));
    await updates.forgetBefore({ run: 'R', round: 4, roundAttempt: 1, participant: 'press-1' }, 'F');
    await run(trainJob({ round: 3 }));

    const [first, second] = aggregator.to('updates');

    expect(second!.body).toEqual(first!.body);
  });

  it.each(['E_ALREADY_CONTRIBUTED', 'E_ROUND_CLOSED'])(
    'end as done when the aggregator answers %s',
    async (code) => {
      aggregator.answer = () => problem(409, code);

      await expect(run(trainJob({ round: 5 }))).resolves.toBeUndefined();
    },
  );

  it('tell any other refusal with its code', async () => {
    aggregator.answer = () => problem(400, 'E_UPDATE_SHAPES');

    await expect(run(trainJob({ round: 6 }))).rejects.toMatchObject({
      code: 'E_UPDATE_SHAPES',
      message: 'it is E_UPDATE_SHAPES',
    });
  });

  it('refuse a run that computes with something else', async () => {
    const numerics = { ...ownNumerics(), build: 'relaxed-simd' };

    await expect(run(trainJob({ numerics }))).rejects.toMatchObject({
      code: 'E_NUMERICS_MISMATCH',
      message: expect.stringContaining('relaxed-simd'),
    });
    expect(aggregator.requests).toHaveLength(0);
  });

  it('come back later while the participant is not ready, and refuse one of another pool', async () => {
    await expect(run(trainJob({ participant: 'press-3' }))).rejects.toMatchObject({ code: 'E_NOT_READY' });
    await expect(run(trainJob({ participant: 'press-9' }))).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('fetch a base version once, and refuse one with other bytes', async () => {
    const other = Buffer.from('something else');
    aggregator.versions.set(7, other);
    const wrong = { group: 'main', number: 7, sha256: 'a'.repeat(64), bytes: other.byteLength };
    await expect(run(trainJob({ round: 8, bases: [wrong] }))).rejects.toMatchObject({
      code: 'E_HASH_MISMATCH',
    });
    await run(trainJob({ round: 9 }));
    aggregator.requests.length = 0;

    await run(trainJob({ round: 9, participant: 'press-2' }));

    expect(aggregator.to('/weights')).toHaveLength(0);
    expect(readdirSync(join(folder, 'versions'))).toEqual([base.sha256]);
  });

  it('keep the updates of the current round only', async () => {
    await run(trainJob({ round: 10 }));
    await run(trainJob({ round: 11 }));
    expect(updates.find({ run: 'R', round: 10, roundAttempt: 1, participant: 'press-1' })).toBeUndefined();

    await run(trainJob({ run: 'S' }));

    expect(updates.find({ run: 'R', round: 11, roundAttempt: 1, participant: 'press-1' })).toBeUndefined();
    expect(updates.find({ run: 'S', round: 1, roundAttempt: 1, participant: 'press-1' })).toBeDefined();
  });

  it('report how a version does on the test windows of each participant', async () => {
    const job: EvaluateJob = {
      kind: 'evaluate',
      run: 'R',
      federation: 'F',
      version: base,
      participants: ['press-1', 'press-2'],
      model,
      profile: toneProfile(),
      share: 'full',
    };
    await run(job);
    await run({ ...job, share: 'summary' });

    const reports = aggregator
      .to('evaluations')
      .map(({ body }) => JSON.parse(String(body)) as EvaluationReport);

    const counts = reports[0]!.results.map(({ participant, exampleCount }) => [participant, exampleCount]);
    expect(counts).toEqual([
      ['press-1', 12],
      ['press-2', 8],
    ]);
    for (const { confusion, exampleCount, correct } of reports[0]!.results) {
      expect(confusion!.flat().reduce((sum, count) => sum + count, 0)).toBe(exampleCount);
      expect(confusion![0]![0]! + confusion![1]![1]!).toBe(correct);
    }
    expect(reports[1]!.results.every((result) => result.confusion === undefined)).toBe(true);
    expect(reports[1]!.results.map(({ correct }) => correct)).toEqual(
      reports[0]!.results.map(({ correct }) => correct),
    );
  });

  it('train from the version that a participant picks out of several, and what a strategy sends beside them', async () => {
    const group = { group: 'group-2', weights: 'own' } as const;
    const scaler = { kind: 'local' } as const;
    const profile = toneProfile();
    await run({ kind: 'initialise', run: 'V', federation: 'F', model, profile, seed: 1, scaler, group });
    const version = aggregator.to('initial-version')[0]!.body;
    aggregator.versions.set(1, version);
    const other = { group: 'group-2', number: 1, sha256: sha256(version), bytes: version.byteLength };
    expect(readVersionMetadata(readSafetensors(version).header.metadata).group).toBe('group-2');
    expect(other.sha256).not.toBe(base.sha256);

    await run(trainJob({ run: 'V', bases: [base, other], strategy: { key: 'ifca', groups: 2 } }));

    const header = readUpdateHeader(readSafetensors(aggregator.to('updates')[0]!.body).header);
    expect([base, other][header.scalars['group']!]!.sha256).toBe(header.baseSha256);
  });

  it('fetch the state of the strategy, and go on from what the participant kept', async () => {
    const kernel = { name: 'dense-1/kernel', shape: [8, 8], role: 'trainable' as const };
    const control = new Map([[kernel.name, new Float32Array(64).fill(0.5)]]);
    const state = encodeState({ rounds: 1, groups: {}, slots: new Map([['control', control]]) }, [kernel]);
    aggregator.strategyStates.set(1, Buffer.from(state));
    const strategyState = { group: 'main', number: 1, sha256: sha256(state), bytes: state.byteLength };
    const optimizer = { key: 'sgd', learningRate: 0.1 } as const;
    const training = { localEpochs: 1, batchSize: 64, seed: 1, optimizer };
    const job = { run: 'W', training, strategy: { key: 'scaffold' } };
    await run(trainJob(job));
    const first = readSafetensors(aggregator.to('updates')[0]!.body);
    const lastCountedUpdate = sha256(aggregator.to('updates')[0]!.body);

    await run(trainJob({ ...job, round: 2, strategyState, lastCountedUpdate }));

    // One step: the delta is -0.1 · (gradient + c - c_i), and c_i is that gradient.
    const second = readSafetensors(aggregator.to('updates')[1]!.body);
    expect(aggregator.to('strategy-state')[0]!.path).toBe(
      '/api/federations/F/versions/1/strategy-state?group=main',
    );
    expect(first.tensors.get('control/dense-1/kernel')!.values.some((value) => value !== 0)).toBe(true);
    for (const value of second.tensors.get('delta/dense-1/kernel')!.values)
      expect(value).toBeCloseTo(-0.05, 5);
    for (const value of second.tensors.get('delta/dense-1/bias')!.values) expect(value).toBeCloseTo(0, 5);
  });

  it('say that what a participant kept was lost, start it anew, and leave out jobs of earlier rounds', async () => {
    const job = { run: 'X', strategy: { key: 'scaffold' } };
    await run(trainJob({ ...job, round: 5, lastCountedUpdate: 'c'.repeat(64) }));
    await run(trainJob({ ...job, round: 4 }));

    const sent = aggregator.to('updates');
    expect(sent).toHaveLength(1);
    expect(readUpdateHeader(readSafetensors(sent[0]!.body).header)).toMatchObject({
      round: 5,
      scalars: { stateLost: 1 },
    });
  });

  it('report how each participant does with a model of its own', async () => {
    const strategy = { key: 'ditto', lambda: 0.01 };
    const optimizer = { key: 'adam', learningRate: 0.05 } as const;
    const training = { localEpochs: 20, batchSize: 16, seed: 1, optimizer };
    await run(trainJob({ run: 'Y', strategy, training }));
    const update = sha256(aggregator.to('updates')[0]!.body);
    const job: EvaluateJob = {
      kind: 'evaluate',
      run: 'Y',
      federation: 'F',
      version: base,
      participants: ['press-1', 'press-2'],
      model,
      profile: toneProfile(),
      share: 'full',
    };
    await run(job);
    await run({ ...job, strategy, training, lastCountedUpdates: { 'press-1': update } });
    await run({ ...job, strategy, training, lastCountedUpdates: { 'press-1': 'd'.repeat(64) } });
    await run({ ...job, strategy, training });

    const [alone, own, unknown, newest] = aggregator
      .to('evaluations')
      .map(({ body }) => (JSON.parse(String(body)) as EvaluationReport).results.map(({ loss }) => loss));
    expect(own![0]).toBeLessThan(alone![0]! / 2);
    expect(own![1]).toBe(alone![1]);
    expect(unknown).toEqual(alone);
    expect(newest).toEqual(own);
  });

  it('send sums over the train windows for federated standardisation', async () => {
    await run({
      kind: 'statistics',
      run: 'R',
      federation: 'F',
      participant: 'press-2',
      profile: toneProfile(),
    });

    const { path, body } = aggregator.requests[0]!;
    const statistics = JSON.parse(String(body)) as FeatureStatistics;

    expect(path).toBe('/api/runs/R/statistics/press-2');
    expect(statistics).toMatchObject({ count: 32 });
    expect(statistics.sum).toHaveLength(8);
  });

  it('end when they are called off while the aggregator is away', async () => {
    const abort = new AbortController();
    aggregator.answer = () => {
      abort.abort();
      return undefined;
    };

    await expect(run(trainJob({ run: 'T' }), abort.signal)).rejects.toMatchObject({ code: 'E_ABORTED' });
  });

  it('never send samples or features', async () => {
    await run(trainJob({ run: 'U' }));
    const samples = readFileSync(join(folder, 'press-1', 'samples.f32'));

    const bodies = aggregator.requests.map(({ body }) => body);

    for (let begin = 0; begin + 32 <= samples.length; begin += 32) {
      const run = samples.subarray(begin, begin + 32);
      expect(bodies.some((body) => body.includes(run))).toBe(false);
    }
  });
});
