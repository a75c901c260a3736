import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { silentLog } from '../../../runtime/log.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import { scalerFile } from '../../../services/trainer/data-set/scaler-file.ts';
import { evaluateModelFile } from '../../../services/trainer/evaluate.ts';
import { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { toneProfile } from './tone-data-set.ts';
import { writeToneRecordings } from './tone-recordings.ts';

describe('the offline evaluation', () => {
  const folder = temporaryFolder();
  const data = join(folder, 'recordings');
  const modelFile = join(folder, 'model.safetensors');

  beforeAll(async () => {
    writeToneRecordings(data, ['press-1', 'press-2'], 640);
    const slots = new TrainingSlots({
      slots: 1,
      entry: entryPoint('services/trainer/training/process'),
      log: silentLog,
    });
    const model = { key: 'dense', hidden: [8] };
    const scaler = { kind: 'local' } as const;
    const task = {
      kind: 'initialise',
      model,
      profile: toneProfile(),
      featureShape: [8],
      seed: 1,
      scaler,
    } as const;
    await slots.perform({ ...task, versionFile: modelFile });
    await slots.close();
  });

  it('scores all windows of the folder, per group and in all', async () => {
    const { all, groups, classes } = await evaluateModelFile({ modelFile, folder: data });

    expect(classes).toEqual(['healthy', 'worn']);
    expect(groups.map(({ group, exampleCount, scaler }) => [group, exampleCount, scaler])).toEqual([
      ['press-1', 40, 'own-windows'],
      ['press-2', 40, 'own-windows'],
    ]);
    expect(all.exampleCount).toBe(80);
    all.confusion.forEach((row, label) => {
      row.forEach((count, predicted) => {
        const [first, second] = groups.map(({ confusion }) => confusion[label]![predicted]!);
        expect(first! + second!).toBe(count);
      });
    });
    const [[healthy, missed], [falseAlarm, worn]] = all.confusion as [[number, number], [number, number]];
    expect(all.accuracy).toBeCloseTo((healthy + worn) / 80, 12);
    expect(all.uar).toBeCloseTo((healthy / (healthy + missed) + worn / (falseAlarm + worn)) / 2, 12);
  });

  it('takes the scaler that a participant left in the state folder', async () => {
    const state = join(folder, 'state');
    const file = scalerFile(join(state, 'trainer-hall-3', 'participants', 'press-2'), toneProfile());
    mkdirSync(dirname(file), { recursive: true });
    const [mean, standardDeviation] = [new Array(8).fill(0), new Array(8).fill(1)];
    writeFileSync(file, JSON.stringify({ mean, standardDeviation }));

    const { groups } = await evaluateModelFile({ modelFile, folder: data, stateFolder: state });

    expect(groups.map(({ scaler }) => scaler)).toEqual(['own-windows', 'participant']);
  });

  it('groups by another column', async () => {
    const { groups } = await evaluateModelFile({ modelFile, folder: data, group: 'split' });

    expect(groups.map(({ group }) => group)).toEqual(['test', 'train']);
  });

  it('says what is wrong with its input', async () => {
    const absent = evaluateModelFile({ modelFile: join(folder, 'absent'), folder: data });
    await expect(absent).rejects.toMatchObject({ code: 'E_FILE_NOT_FOUND' });

    const noModel = evaluateModelFile({ modelFile: join(data, 'manifest.csv'), folder: data });
    await expect(noModel).rejects.toMatchObject({ code: 'E_MALFORMED_SAFETENSORS' });

    const noManifest = evaluateModelFile({ modelFile, folder });
    await expect(noManifest).rejects.toMatchObject({ code: 'E_NO_MANIFEST' });
  });
});
