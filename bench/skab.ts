import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfusionMatrix, mergeEvaluations } from '../learning/metrics.ts';
import { featureStatistics, scalerOf } from '../learning/statistics.ts';
import type { DataProfile, ModelSpec, TrainingSpec } from '../openapi/schemas.ts';
import { silentLog } from '../runtime/log.ts';
import { entryPoint } from '../runtime/package-root.ts';
import { type ExampleSet, encodeFrozenIndex } from '../services/trainer/data-set/frozen-index.ts';
import { TrainingSlots } from '../services/trainer/training/training-slots.ts';
import type { FrozenSpeaker } from './emodb/frozen-clips.ts';
import { trainFederation } from './emodb/local-federation.ts';
import { dataFolder } from './support/data-folder.ts';
import { note, printFigure } from './support/figure.ts';

/** Measured values of a row; the time before them and the labels behind them are left out. */
const COLUMNS = 8;
/** Rows that are judged together: the newest one and those before it. */
const ROWS_OF_EXAMPLE = 8;
/** So many rows at the start of each file are normal and what the file's participant learns from. */
const TRAIN_ROWS = 400;
const ROUNDS = 10;

const MODEL: ModelSpec = { key: 'autoencoder', hidden: [48, 12, 48], quantile: 0.99 };
const TRAINING: TrainingSpec = {
  localEpochs: 4,
  batchSize: 32,
  seed: 1,
  optimizer: { key: 'adam', learningRate: 0.002 },
};

/** Only the classes and the scaler matter here: the rows are no waveform. */
const PROFILE: DataProfile = {
  signals: { waveform: 'rows', label: 'anomaly' },
  window: { length: ROWS_OF_EXAMPLE, hop: 1 },
  features: { key: 'log-band-power', bands: 1 },
  classes: ['normal', 'anomaly'],
  examples: { ready: 1, maximum: 10_000, minimumTrain: 8 },
  testLots: ['test'],
  standardisation: 'local',
};

interface PumpFile extends FrozenSpeaker {
  readonly isHeldOut: boolean;
}

/**
 * An autoencoder federation on the pump test bed of SKAB: each experiment is a participant that learns from its first
 * 400 rows, and whose every row is scored by its own threshold. Prints F1, false and missed alarms.
 * `--data FOLDER` says where the set is.
 */
export async function run(flags: readonly string[] = []): Promise<void> {
  const folder = dataFolder('skab', flags);
  const work = mkdtempSync(join(tmpdir(), 'fedshell-skab-'));
  const entry = entryPoint('services/trainer/training/process');
  const slots = new TrainingSlots({ slots: 2, entry, log: silentLog });
  try {
    const speakers = readManifest(folder).map((row) => freeze(folder, row, work));
    const versionFile = await trainFederation({
      folder: work,
      slots,
      speakers,
      profile: PROFILE,
      model: MODEL,
      training: TRAINING,
      rounds: ROUNDS,
      onRound: (round) => note(`round ${round} of ${ROUNDS}`),
    });
    const frozenFiles = speakers.map(({ frozenFile }) => frozenFile);
    const sums = await slots.perform({ kind: 'evaluate', versionFile, model: MODEL, frozenFiles });
    const of = (wanted: readonly PumpFile[]) =>
      mergeEvaluations(wanted.map((file) => sums[speakers.indexOf(file)]!)).confusion!;
    print('all', of(speakers));
    print('held-out', of(speakers.filter(({ isHeldOut }) => isHeldOut)));
    note(
      'reference of the pack: PCA T2 or Q, F1 0.745 all, 0.790 held out; isolation forest 0.511 and 0.566',
    );
  } finally {
    await slots.close();
    rmSync(work, { recursive: true, force: true });
  }
}

function print(which: string, [normal, anomaly]: ConfusionMatrix): void {
  const [quiet = 0, falseAlarms = 0] = normal ?? [];
  const [missed = 0, found = 0] = anomaly ?? [];
  printFigure({
    name: `skab/${which}-f1`,
    value: (2 * found) / (2 * found + falseAlarms + missed),
    unit: 'fraction',
  });
  printFigure({
    name: `skab/${which}-false-alarms`,
    value: falseAlarms / (quiet + falseAlarms),
    unit: 'fraction',
  });
  printFigure({ name: `skab/${which}-missed`, value: missed / (missed + found), unit: 'fraction' });
}

interface ManifestRow {
  readonly file: string;
  readonly split: string;
}

/** The experiments with labels. */
function readManifest(folder: string): ManifestRow[] {
  const [, ...lines] = readFileSync(join(folder, 'manifest.csv'), 'utf8').trim().split('\n');
  return lines
    .map((line) => line.split(','))
    .filter(([, client]) => client !== 'anomaly-free')
    .map(([file = '', , , split = '']) => ({ file, split }));
}

function freeze(folder: string, { file, split }: ManifestRow, work: string): PumpFile {
  const [, ...lines] = readFileSync(join(folder, file), 'utf8').trim().split('\n');
  const rows = lines.map((line) => line.split(';').slice(1).map(Number));
  const test = examplesOf(rows);
  const count = TRAIN_ROWS - ROWS_OF_EXAMPLE + 1;
  const featureCount = COLUMNS * ROWS_OF_EXAMPLE;
  const features = test.features.slice(0, count * featureCount);
  // The protocol takes the first rows for normal, whatever their labels.
  const train = { count, features, labels: new Float32Array(count) };
  const statistics = featureStatistics(features, featureCount);
  const scaler = scalerOf(statistics);
  const id = file.replace(/\W/g, '-');
  const frozenFile = join(work, id);
  writeFileSync(frozenFile, encodeFrozenIndex({ featureShape: [featureCount], train, test, scaler }));
  return { id, frozenFile, statistics, isHeldOut: split === 'test' };
}

/** One example a row from the first that has enough before it; its class is that of its newest row. */
function examplesOf(rows: readonly (readonly number[])[]): ExampleSet {
  const count = rows.length - ROWS_OF_EXAMPLE + 1;
  const features = new Float32Array(count * COLUMNS * ROWS_OF_EXAMPLE);
  const labels = new Float32Array(count);
  for (let index = 0; index < count; index += 1) {
    const recent = rows.slice(index, index + ROWS_OF_EXAMPLE);
    features.set(
      recent.flatMap((row) => row.slice(0, COLUMNS)),
      index * COLUMNS * ROWS_OF_EXAMPLE,
    );
    labels[index] = recent.at(-1)![COLUMNS]!;
  }
  return { count, features, labels };
}
