import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../runtime/log.ts';
import { entryPoint } from '../runtime/package-root.ts';
import { TrainingSlots } from '../services/trainer/training/training-slots.ts';
import { type FrozenSpeaker, freezeClips } from './emodb/frozen-clips.ts';
import { trainFederation } from './emodb/local-federation.ts';
import {
  emodbProfile,
  emodbTraining,
  MODEL,
  ROUNDS,
  TRAININGS,
  type TrainingName,
} from './emodb/settings.ts';
import { DEFENCES, type Sheet, scoreCells, sheetText } from './emodb/sheet.ts';
import { dataFolder } from './support/data-folder.ts';
import { mean, note, printFigure } from './support/figure.ts';

const SEEDS = [1, 2, 3];

/**
 * Adversarial federated training on emotional speech: 8 speakers, seven emotions, UAR of all speakers' test clips. It
 * trains each model anew for each seed. `--sheet` adds PGD, DeepFool and the randomised rows, `--seeds=1,2` chooses,
 * `--data FOLDER` says where the recordings are.
 */
export async function run(flags: readonly string[] = []): Promise<void> {
  const folder = dataFolder('emodb', flags);
  const whole = flags.includes('--sheet');
  const seeds =
    flags
      .find((flag) => flag.startsWith('--seeds='))
      ?.slice(8)
      .split(',')
      .map(Number) ?? SEEDS;
  const work = mkdtempSync(join(tmpdir(), 'fedshell-emodb-'));
  const slots = new TrainingSlots({
    slots: 2,
    entry: entryPoint('services/trainer/training/process'),
    log: silentLog,
  });
  try {
    const speakers = await freezeClips(folder, emodbProfile(), work);
    const sheets: Sheet[] = [];
    for (const seed of seeds) sheets.push(await sheetOf(seed, { slots, speakers, work, whole }));
    printSheets(sheets, seeds);
  } finally {
    await slots.close();
    rmSync(work, { recursive: true, force: true });
  }
}

interface Workplace {
  readonly slots: TrainingSlots;
  readonly speakers: readonly FrozenSpeaker[];
  readonly work: string;
  readonly whole: boolean;
}

async function sheetOf(seed: number, { slots, speakers, work, whole }: Workplace): Promise<Sheet> {
  const sheet: Sheet = new Map();
  for (const name of TRAININGS) {
    const folder = join(work, `${name}-${seed}`);
    mkdirSync(folder);
    const startedMs = performance.now();
    const versionFile = await trainFederation({
      folder,
      slots,
      speakers,
      profile: emodbProfile(),
      model: MODEL,
      training: emodbTraining(name, seed),
      rounds: ROUNDS,
      onRound: (round) => {
        const seconds = Math.round((performance.now() - startedMs) / 1000);
        if (round % 10 === 0)
          note(`emodb: seed ${seed}, ${name}: round ${round} of ${ROUNDS} after ${seconds} s`);
      },
    });
    const defences = whole ? DEFENCES : (['none'] as const);
    for (const defence of defences) {
      const cells = await scoreCells({ slots, speakers, versionFile, model: MODEL, defence, seed, whole });
      sheet.set(`${name}/${defence}`, cells);
    }
    rmSync(folder, { recursive: true, force: true });
  }
  note(sheetText(`emodb, seed ${seed}`, sheet));
  return sheet;
}

function printSheets(sheets: readonly Sheet[], seeds: readonly number[]): void {
  const uars = (name: TrainingName, attack: string) =>
    sheets.map((sheet) => sheet.get(`${name}/none`)?.get(attack)?.uar ?? Number.NaN);
  const settings = { unit: 'UAR', seeds, rounds: ROUNDS };
  for (const [row, cells] of sheets[0] ?? []) {
    for (const attack of cells.keys()) {
      const values = sheets.map((sheet) => sheet.get(row)?.get(attack)?.uar ?? Number.NaN);
      const spread = Math.max(...values) - Math.min(...values);
      printFigure({
        name: `emodb/${row}/${attack}`,
        value: mean(values),
        perSeed: values,
        spread,
        ...settings,
      });
    }
  }
  const gain = mean(uars('fgsm', 'fgsm')) - mean(uars('vanilla', 'fgsm'));
  const loss = mean(uars('vanilla', 'clean')) - mean(uars('fgsm', 'clean'));
  printFigure({
    name: 'emodb/fgsm-gain',
    value: gain,
    of: 'UAR under FGSM, FGSM-trained - vanilla',
    ...settings,
  });
  printFigure({
    name: 'emodb/clean-loss',
    value: loss,
    of: 'clean UAR, vanilla - FGSM-trained',
    ...settings,
  });
  printFigure({ name: 'emodb', value: gain, of: 'fgsm-gain', ...settings });
}
