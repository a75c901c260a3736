import { join } from 'node:path';
import { silentLog } from '../../../runtime/log.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import { acceptanceSheet } from '../../../services/trainer/acceptance-sheet.ts';
import { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { toneProfile } from './tone-data-set.ts';
import { writeToneRecordings } from './tone-recordings.ts';

describe('the acceptance sheet of a model', () => {
  const folder = temporaryFolder();
  const data = join(folder, 'recordings');
  const modelFile = join(folder, 'model.safetensors');
  const models = [{ name: 'tones', file: modelFile }];

  beforeAll(async () => {
    writeToneRecordings(data, ['press-1', 'press-2'], 640);
    const entry = entryPoint('services/trainer/training/process');
    const slots = new TrainingSlots({ slots: 1, entry, log: silentLog });
    const model = { key: 'dense', hidden: [8] };
    const scaler = { kind: 'local' } as const;
    const profile = toneProfile();
    const task = { kind: 'initialise', model, profile, featureShape: [8], seed: 1, scaler } as const;
    await slots.perform({ ...task, versionFile: modelFile });
    await slots.close();
  });

  it('has a cell a clean or attacked condition, whose attacks do not raise the accuracy', async () => {
    const attacks = [
      { key: 'fgsm', epsilon: 0.3 },
      { key: 'pgd', epsilon: 0.3 },
      { key: 'deepfool' },
    ] as const;

    const sheet = await acceptanceSheet({ models, folder: data, attacks, trainWindows: true });

    const [row] = sheet.rows;
    expect(sheet.rows).toHaveLength(1);
    expect(row?.cells.map(({ attack, exampleCount }) => [attack, exampleCount])).toEqual([
      ['clean', 80],
      ['fgsm', 80],
      ['pgd', 80],
      ['deepfool', 80],
    ]);
    const [clean, ...attacked] = row!.cells;
    for (const { accuracy, uar, interval } of attacked) {
      expect(accuracy).toBeLessThanOrEqual(clean!.accuracy);
      expect(interval.low).toBeLessThanOrEqual(uar);
      expect(interval.high).toBeGreaterThanOrEqual(uar);
    }
    expect(attacked.at(-1)!.accuracy).toBeLessThan(0.2);
  });

  it('refuses to randomise what has no rows and columns', async () => {
    const sheet = acceptanceSheet({ models, folder: data, attacks: [], randomise: true, trainWindows: true });

    await expect(sheet).rejects.toMatchObject({ code: 'E_INVALID_INPUT' });
  });
});
