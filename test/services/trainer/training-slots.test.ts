import { fork } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../../runtime/log.ts';
import { silentLog } from '../../../runtime/log.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import { resolveSettings } from '../../../services/trainer/settings.ts';
import { deathOfProcess } from '../../../services/trainer/training/death-of-process.ts';
import type {
  EvaluateTask,
  MessageFromProcess,
  MessageToProcess,
} from '../../../services/trainer/training/messages.ts';
import { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { openDataSet, receiveTones, toneProfile } from './tone-data-set.ts';

const ODD = join(__dirname, 'odd-process.mjs');

/** A task for the stand-in. */
function odd(
  versionFile: 'busy' | 'crash' | 'full' | 'gpu' | 'large' | 'mutters' | 'native' | 'trap' | 'well' | 'wide',
): EvaluateTask {
  return { kind: 'evaluate', versionFile, model: { key: 'dense' }, frozenFiles: [] };
}

/** A log that keeps its warnings. */
function warningLog(): { readonly log: Log; readonly warnings: unknown[] } {
  const warnings: unknown[] = [];
  return { warnings, log: { ...silentLog, warn: (fields: unknown) => warnings.push(fields) } as Log };
}

describe('the slots of a pool', () => {
  const open: TrainingSlots[] = [];
  const slotsOf = (options: Partial<ConstructorParameters<typeof TrainingSlots>[0]>) => {
    const slots = new TrainingSlots({ slots: 1, entry: ODD, log: silentLog, ...options });
    open.push(slots);
    return slots;
  };
  afterEach(() => Promise.all(open.splice(0).map((slots) => slots.close())));

  it('end a task within a second that computes without looking up', async () => {
    const slots = slotsOf({});
    const abort = new AbortController();
    const outcome = slots
      .perform(odd('busy'), { signal: abort.signal })
      .catch((thrown: unknown) => ({ thrown, atMs: performance.now() }));
    await eventually(() => slots.pids.length === 1);
    const beganMs = performance.now();

    abort.abort();
    const ended = await outcome;

    expect(ended).toMatchObject({ thrown: { code: 'E_ABORTED' } });
    // Not the time that it takes: the two periods of grace before the hard way, together.
    expect((ended as { atMs: number }).atMs - beganMs).toBeLessThan(5_000);
    expect(slots.pids).toEqual([]);
  });

  it('do with one less when a process runs out of memory, and tell so', async () => {
    const { log, warnings } = warningLog();
    const slots = slotsOf({ slots: 3, log });
    const outcomes = await Promise.allSettled(
      ['full', 'native'].map((how) => slots.perform(odd(how as 'full'))),
    );

    expect(outcomes).toMatchObject([
      { reason: { code: 'E_OUT_OF_MEMORY', retryable: true } },
      { reason: { code: 'E_OUT_OF_MEMORY', message: expect.stringContaining('SIGABRT') } },
    ]);
    expect(slots.figures.slots).toBe(1);
    expect(warnings).toContainEqual({
      event: 'slots.reduced',
      slots: 1,
      tasksToRecovery: 20,
      reason: expect.stringContaining('SIGABRT'),
    });
  });

  it('keep the last one, with a new process, and serve who waits', async () => {
    const slots = slotsOf({ slots: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => slots.perform(odd('full'))));

    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    expect(slots.figures.slots).toBe(1);
  });

  it('take a lost slot back after twenty tasks that had memory enough', async () => {
    const { log, warnings } = warningLog();
    const infos: unknown[] = [];
    const slots = slotsOf({
      slots: 2,
      log: { ...log, info: (fields: unknown) => infos.push(fields) } as Log,
    });
    await slots.perform(odd('full')).catch(() => undefined);
    for (let task = 0; task < 19; task += 1) await slots.perform(odd('well'));
    const before = slots.figures.slots;

    await slots.perform(odd('well'));

    expect([before, slots.figures.slots]).toEqual([1, 2]);
    expect(warnings).toHaveLength(1);
    expect(infos).toEqual([{ event: 'slots.recovered', slots: 2 }]);
    await Promise.allSettled([odd('well'), odd('well')].map((task) => slots.perform(task)));
    expect(slots.pids).toHaveLength(2);
  });

  it('keep all of them when a process comes to a limit of its own, which fewer would not help', async () => {
    const slots = slotsOf({ slots: 2 });

    const outcome = slots.perform(odd('wide'));

    await expect(outcome).rejects.toMatchObject({ code: 'E_OUT_OF_MEMORY' });
    expect(slots.figures.slots).toBe(2);
  });

  it('start another process after a failure that may have left the old one unable to compute', async () => {
    const slots = slotsOf({});
    await slots.perform(odd('well'));
    const [before] = slots.pids;
    await slots.perform(odd('gpu')).catch(() => undefined);
    const [afterCoded] = slots.pids;
    await slots.perform(odd('trap')).catch(() => undefined);

    await slots.perform(odd('well'));

    expect(afterCoded).toBe(before);
    expect(slots.pids).toHaveLength(1);
    expect(slots.pids).not.toEqual([before]);
  });

  it('replace a process that keeps much memory after its task, before the next one', async () => {
    const slots = slotsOf({});
    await slots.perform(odd('well'));
    const [before] = slots.pids;
    await slots.perform(odd('large'));

    const [after] = slots.pids;

    expect(after).toBeDefined();
    expect(after).not.toBe(before);
    await expect(slots.perform(odd('well'))).resolves.toEqual([]);
  });

  it('judge a crash by what was said during its task alone', async () => {
    const slots = slotsOf({});
    await slots.perform(odd('mutters'));

    const outcome = slots.perform(odd('crash'));

    await expect(outcome).rejects.toMatchObject({ code: 'E_TRAINING_FAILED' });
  });

  it('call off at once a task that waits for one', async () => {
    const slots = slotsOf({});
    const [first, second] = [new AbortController(), new AbortController()];
    const busy = slots.perform(odd('busy'), { signal: first.signal }).catch((thrown: unknown) => thrown);
    const waiting = slots.perform(odd('well'), { signal: second.signal }).catch((thrown: unknown) => thrown);
    const next = slots.perform(odd('well'));
    await eventually(() => slots.pids.length === 1);

    second.abort();

    expect(await waiting).toMatchObject({ code: 'E_ABORTED' });
    first.abort();
    expect(await busy).toMatchObject({ code: 'E_ABORTED' });
    // The one that gave up takes no slot from who still waits.
    await expect(next).resolves.toEqual([]);
  });

  it('see one GPU each, dealt out in turn', async () => {
    const { slots: count, gpus } = resolveSettings({
      folder: '.',
      trainer: {
        aggregator: 'http://127.0.0.1:8600',
        queue: { redis: 'redis://127.0.0.1:6379' },
        pool: { id: 'hall', slots: { gpus: [0, 3], perGpu: 2 } },
        participants: [{ id: 'press-1', source: { folder: { path: '.' } } }],
      },
    });
    const slots = slotsOf({ slots: count, gpus });

    const outcomes = await Promise.allSettled(Array.from({ length: count }, () => slots.perform(odd('gpu'))));

    const seen = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.message : ''));
    expect(seen.sort()).toEqual(['0', '0', '3', '3']);
  });

  it('tell a kill for want of memory from another', () => {
    const death = { exitCode: null, killedBy: 'SIGKILL', lastWords: '' };

    expect(deathOfProcess({ ...death, memoryKillsBefore: undefined }).code).toBe('E_TRAINING_FAILED');
    expect(deathOfProcess({ ...death, killedBy: 'SIGSEGV', memoryKillsBefore: -1 }).code).toBe(
      'E_TRAINING_FAILED',
    );
  });
});

describe('the slots of a pool that trains', () => {
  const folder = temporaryFolder();
  const entry = entryPoint('services/trainer/training/process');
  const versionFile = join(folder, 'version-0');
  const model = { key: 'dense', hidden: [8] };
  let frozenFile = '';
  const slots = new TrainingSlots({ slots: 2, entry, log: silentLog });
  afterAll(() => slots.close());

  beforeAll(async () => {
    const dataSet = await openDataSet(join(folder, 'press-1'), 'press-1');
    receiveTones(dataSet, 60);
    const profile = toneProfile();
    frozenFile = await dataSet.frozenIndex({ run: 'R', federation: 'F', profile });
    dataSet.close();
    const scaler = { kind: 'local' } as const;
    await slots.perform({
      kind: 'initialise',
      model,
      profile,
      featureShape: [8],
      seed: 1,
      scaler,
      versionFile,
    });
  });

  const trainTask = (localEpochs: number) =>
    ({
      kind: 'train',
      run: 'R',
      round: 1,
      roundAttempt: 1,
      participant: 'press-1',
      bases: [{ group: 'main', file: versionFile, sha256: '0'.repeat(64) }],
      frozenFile,
      updateFile: join(folder, `update-${localEpochs}`),
      model,
      training: { localEpochs, batchSize: 16, seed: 1, optimizer: { key: 'sgd', learningRate: 1e-3 } },
    }) as const;

  it('measure start, step and memory', async () => {
    await slots.perform(trainTask(2));

    const { startMs, stepMs, peakBytes } = slots.figures;

    expect(startMs).toBeGreaterThan(0);
    expect(stepMs).toBeGreaterThan(0);
    expect(peakBytes).toBeGreaterThan(2 ** 20);
  });

  it('say ahead how long a training step and an attack’s pass may take', async () => {
    const child = fork(entry, [], { serialization: 'advanced' });
    const said: MessageFromProcess[] = [];
    child.on('message', (message: MessageFromProcess) => said.push(message));
    const attackTask = { kind: 'attack', versionFile, model, frozenFiles: [frozenFile] } as const;
    const attack = { ...attackTask, attack: { key: 'fgsm' } } as const;
    child.send({ kind: 'task', id: 1, task: trainTask(1) } satisfies MessageToProcess);
    await eventually(() => said.some(({ kind }) => kind === 'result'));
    child.send({ kind: 'task', id: 2, task: attack } satisfies MessageToProcess);
    await eventually(() => said.filter(({ kind }) => kind === 'result' || kind === 'failed').length === 2);
    child.kill();

    for (const id of [1, 2]) {
      const first = said.find((message) => message.kind !== 'ready' && message.id === id);
      expect(first).toMatchObject({ kind: 'alive', expectedSilenceMs: expect.any(Number) });
    }
  });

  /** Classifies one picture with a convolution of so many channels, each output of which takes 4 MB. */
  const inferTask = async (channels: number) => {
    const featureShape = [1024, 1000];
    const wide = { key: 'cnn-2d', channels: [channels], normalisation: 'none' };
    const file = join(folder, `version-0-${channels}`);
    const scaler = { kind: 'local' } as const;
    const task = { kind: 'initialise', profile: toneProfile(), featureShape, seed: 1, scaler } as const;
    await slots.perform({ ...task, model: wide, versionFile: file });
    const features = Array<number>(1_024_000).fill(1);
    return {
      kind: 'infer',
      versionFile: file,
      model: wide,
      featureShape,
      features,
      scaler: { mean: features, standardDeviation: features },
    } as const;
  };

  it('compute on, all of them, after a tensor that WebAssembly has no room for', async () => {
    const one = new TrainingSlots({ slots: 1, entry, log: silentLog });
    const good = trainTask(2);
    await one.perform(good);
    const before = await readFile(good.updateFile);

    const outcome = one.perform(await inferTask(1040));

    await expect(outcome).rejects.toMatchObject({
      code: 'E_OUT_OF_MEMORY',
      message: expect.stringContaining('WebAssembly'),
    });
    await rm(good.updateFile);
    await one.perform(good);
    expect(await readFile(good.updateFile)).toEqual(before);
    await one.close();
  });

  it('give back what a large task took', async () => {
    const one = new TrainingSlots({ slots: 1, entry, log: silentLog });
    await one.perform({ kind: 'probe' });
    const [before] = one.pids;

    await one.perform(await inferTask(80));

    expect(one.pids).toHaveLength(1);
    expect(one.pids).not.toEqual([before]);
    await one.close();
  });

  it('end a training that takes more memory than its slot has', async () => {
    const small = new TrainingSlots({ slots: 2, entry, log: silentLog, memoryBytes: 2 * 2 ** 20 });
    const outcome = small.perform(trainTask(10_000)).catch((thrown: unknown) => thrown);

    expect(await outcome).toMatchObject({
      code: 'E_OUT_OF_MEMORY',
      message: expect.stringContaining('1 MiB'),
    });
    expect(small.figures.slots).toBe(1);
    await small.close();
  });
});
