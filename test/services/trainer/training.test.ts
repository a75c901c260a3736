import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readUpdateHeader } from '../../../learning/update-header.ts';
import { readSafetensors, writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import { silentLog } from '../../../runtime/log.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import type { TrainTask } from '../../../services/trainer/training/messages.ts';
import { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { openDataSet, receiveTones, toneProfile } from './tone-data-set.ts';

describe('training in a process of its own', () => {
  const folder = temporaryFolder();
  const slots = new TrainingSlots({
    slots: 1,
    entry: entryPoint('services/trainer/training/process'),
    log: silentLog,
  });
  const model = { key: 'dense', hidden: [8] };
  const versionFile = join(folder, 'version-0');
  let frozenFile = '';

  beforeAll(async () => {
    const dataSet = await openDataSet(join(folder, 'press-1'), 'press-1');
    receiveTones(dataSet, 200);
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

  afterAll(() => slots.close());

  function trainTask(name: string, changes: Partial<TrainTask> = {}): TrainTask {
    return {
      kind: 'train',
      run: 'R',
      round: 1,
      roundAttempt: 1,
      participant: 'press-1',
      bases: [{ group: 'main', file: versionFile, sha256: '0'.repeat(64) }],
      frozenFile,
      updateFile: join(folder, name),
      model,
      training: { localEpochs: 20, batchSize: 16, seed: 1, optimizer: { key: 'adam', learningRate: 0.01 } },
      ...changes,
    };
  }
  const endless = (name: string) =>
    trainTask(name, {
      training: { localEpochs: 10_000, batchSize: 1, seed: 1, optimizer: { key: 'sgd', learningRate: 1e-4 } },
    });

  it('makes version 0 from the seed alone', async () => {
    const again = join(folder, 'version-0-again');
    const other = join(folder, 'version-0-other-seed');
    const task = { kind: 'initialise', model, profile: toneProfile(), featureShape: [8] } as const;
    const scaler = { kind: 'local' } as const;
    await slots.perform({ ...task, seed: 1, scaler, versionFile: again });
    await slots.perform({ ...task, seed: 2, scaler, versionFile: other });

    const version = readSafetensors(await readFile(versionFile));

    expect(await readFile(again)).toEqual(await readFile(versionFile));
    expect(await readFile(other)).not.toEqual(await readFile(versionFile));
    expect(version.header.tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['dense-1/kernel', [8, 8]],
      ['dense-1/bias', [8]],
      ['dense-2/kernel', [8, 2]],
      ['dense-2/bias', [2]],
    ]);
    expect(readVersionMetadata(version.header.metadata)).toMatchObject({
      group: 'main',
      number: 0,
      inputShape: [8],
    });
  });

  it.each(['adam', 'sgd'] as const)('learns to tell two tones apart with %s', async (key) => {
    const epochs: number[] = [];
    const learningRate = key === 'adam' ? 0.01 : 0.2;
    const training = { localEpochs: 20, batchSize: 16, seed: 1, optimizer: { key, learningRate } };
    const task = trainTask(`learns-${key}`, { training });
    const result = await slots.perform(task, { onProgress: ({ epoch }) => epochs.push(epoch) });
    const trained = await applied(task.updateFile);
    const [sums] = await slots.perform({
      kind: 'evaluate',
      versionFile: trained,
      model,
      frozenFiles: [frozenFile],
    });

    expect(result.trainedAccuracy).toBeGreaterThan(0.95);
    expect(result.exampleCount).toBe(160);
    expect(epochs).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(sums!.exampleCount).toBe(40);
    expect(sums!.correct / sums!.exampleCount).toBeGreaterThan(0.95);
    expect(sums!.confusion!.flat().reduce((total, count) => total + count, 0)).toBe(40);
  });

  it('gives the same bits twice, also in another process', async () => {
    const other = new TrainingSlots({
      slots: 1,
      entry: entryPoint('services/trainer/training/process'),
      log: silentLog,
    });
    const tasks = ['same-1', 'same-2', 'same-3'].map((name) => trainTask(name));
    await slots.perform(tasks[0]!);
    await slots.perform(tasks[1]!);
    await other.perform(tasks[2]!);
    await other.close();

    const [first, second, third] = await Promise.all(tasks.map(({ updateFile }) => readFile(updateFile)));

    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(readUpdateHeader(readSafetensors(first!).header)).toMatchObject({
      participant: 'press-1',
      exampleCount: 160,
      roles: { 'delta/dense-1/kernel': 'trainable' },
    });
  });

  it('draws another order of examples in another round', async () => {
    const [first, second] = [trainTask('round-1'), trainTask('round-2', { round: 2 })];
    await slots.perform(first);
    await slots.perform(second);

    const [one, other] = await Promise.all([first, second].map(({ updateFile }) => readFile(updateFile)));

    const values = (bytes: Buffer) => readSafetensors(bytes).tensors.get('delta/dense-1/kernel')!.values;
    expect(values(one!)).not.toEqual(values(other!));
  });

  it('fails one attempt when its process is killed, and starts another', async () => {
    let epochs = 0;
    const killed = slots.perform(endless('killed'), {
      onProgress: () => {
        epochs += 1;
      },
    });
    const outcome = killed.catch((thrown: unknown) => thrown);
    await eventually(() => epochs > 0);
    process.kill(slots.pids[0]!, 'SIGKILL');
    const error = await outcome;

    expect(error).toMatchObject({ code: 'E_TRAINING_FAILED', retryable: true });
    await expect(slots.perform(trainTask('after-kill'))).resolves.toMatchObject({ exampleCount: 160 });
  });

  it('ends a training that is called off and keeps its process', async () => {
    const pid = slots.pids[0];
    const abort = new AbortController();
    const outcome = slots
      .perform(endless('aborted'), { signal: abort.signal, onProgress: () => abort.abort() })
      .catch((thrown: unknown) => thrown);

    expect(await outcome).toMatchObject({ code: 'E_ABORTED' });
    expect(slots.pids).toEqual([pid]);
  });

  it('kills a process that is silent', async () => {
    const entry = join(__dirname, 'silent-process.mjs');
    const hanging = new TrainingSlots({ slots: 1, entry, log: silentLog, silenceMs: 300 });

    const outcome = hanging.perform({ kind: 'probe' });

    await expect(outcome).rejects.toMatchObject({ code: 'E_TRAINING_FAILED', retryable: true });
    expect(hanging.pids).toEqual([]);
    await hanging.close();
  });

  it('kills a process that does not hear the call to end', async () => {
    const entry = join(__dirname, 'silent-process.mjs');
    const deaf = new TrainingSlots({ slots: 1, entry, log: silentLog, graceMs: 100 });
    const abort = new AbortController();
    const outcome = deaf
      .perform({ kind: 'probe' }, { signal: abort.signal })
      .catch((thrown: unknown) => thrown);
    await eventually(() => deaf.pids.length === 1);

    abort.abort();

    expect(await outcome).toMatchObject({ code: 'E_ABORTED' });
    expect(deaf.pids).toEqual([]);
    await deaf.close();
  });

  it('says that a training diverged', async () => {
    const optimizer = { key: 'sgd', learningRate: 10 } as const;
    const huge = join(folder, 'huge');
    const version = readSafetensors(await readFile(versionFile));
    const tensors = version.header.tensors.map(({ name, shape }) => {
      const { values } = version.tensors.get(name)!;
      return { name, shape, values: values.map(() => 1e30) };
    });
    await writeFile(huge, writeSafetensors(tensors, version.header.metadata));
    const training = { localEpochs: 5, batchSize: 16, seed: 1, optimizer };

    const outcome = slots.perform(
      trainTask('diverged', { bases: [{ group: 'main', file: huge, sha256: '0'.repeat(64) }], training }),
    );

    await expect(outcome).rejects.toMatchObject({ code: 'E_TRAINING_DIVERGED', retryable: false });
  });

  it('names the known models, and what of a version does not fit', async () => {
    const unknown = slots.perform(trainTask('unknown', { model: { key: 'transformer' } }));
    await expect(unknown).rejects.toMatchObject({
      code: 'E_UNKNOWN_MODEL',
      message: expect.stringContaining('dense'),
    });

    const unfit = slots.perform(trainTask('unfit', { model: { key: 'dense', hidden: [9] } }));
    await expect(unfit).rejects.toMatchObject({
      code: 'E_MALFORMED_SAFETENSORS',
      faults: expect.arrayContaining([expect.objectContaining({ path: 'dense-1/kernel' })]),
    });
  });

  /** The file of version 0 plus an update. */
  async function applied(updateFile: string): Promise<string> {
    const base = readSafetensors(await readFile(versionFile));
    const update = readSafetensors(await readFile(updateFile));
    const tensors = base.header.tensors.map(({ name, shape }) => {
      const delta = update.tensors.get(`delta/${name}`)!.values;
      return {
        name,
        shape,
        values: base.tensors.get(name)!.values.map((value, index) => value + delta[index]!),
      };
    });
    const file = `${updateFile}-applied`;
    await writeFile(file, writeSafetensors(tensors, base.header.metadata));
    return file;
  }
});
