import type { Federation } from '../openapi/schemas.ts';
import type { SimulationResult } from '../services/simulation/simulation.ts';
import { packs, ROUNDS } from './compression/packs.ts';
import { upperBound } from './compression/paired-bound.ts';
import { lastAccuracy, SimulationBench, seedsOf } from './simulation/simulation-bench.ts';
import { dataFolder } from './support/data-folder.ts';
import { mean, note, printFigure } from './support/figure.ts';

/** What is measured: what goes up, and as which delta the version goes down. */
const PIPELINES = {
  int4: compressed({ key: 'int4', errorFeedback: true }, { key: 'int8' }),
  'top-k': compressed(
    { key: 'top-k', fraction: 0.013, errorFeedback: true },
    { key: 'top-k', fraction: 0.015, errorFeedback: true },
  ),
  int8: compressed({ key: 'int8' }, { key: 'int8' }),
} as const;

type Name = keyof typeof PIPELINES;

/** Names of the figures: those of the first carry none of their own. */
const PREFIX: Record<Name, string> = {
  int4: 'compression/',
  'top-k': 'compression/top-k-',
  int8: 'compression/int8-',
};

interface Traffic {
  up: number;
  down: number;
  plainUp: number;
  plainDown: number;
}

/**
 * How much smaller compression makes what goes up and down, every byte of the files counted and the first download whole,
 * and what accuracy it costs: paired with the same federation uncompressed, over seeds and two packs.
 */
export async function run(flags: readonly string[] = []): Promise<void> {
  const seeds = seedsOf(flags, 10);
  const all = packs(dataFolder('gearbox-4pos', flags));
  const bench = new SimulationBench('compression');
  const losses: Record<Name, number[]> = { int4: [], 'top-k': [], int8: [] };
  const traffic: Record<Name, Traffic> = { int4: none(), 'top-k': none(), int8: none() };
  try {
    for (const { name: pack, data: dataOf, federation } of all) {
      for (const seed of seeds) {
        const data = await dataOf(seed, bench.folder());
        const plain = await bench.run({ ...data, federation: federation(seed, undefined), seed });
        for (const name of Object.keys(PIPELINES) as Name[]) {
          const result = await bench.run({ ...data, federation: federation(seed, PIPELINES[name]), seed });
          const loss = lastAccuracy(plain) - lastAccuracy(result);
          losses[name].push(loss);
          add(traffic[name], result);
          note(
            `compression: ${pack}, seed ${seed}, ${name}: loses ${loss.toFixed(4)} of ${lastAccuracy(plain).toFixed(3)}`,
          );
        }
      }
    }
    for (const name of Object.keys(PIPELINES) as Name[]) {
      const { up, down, plainUp, plainDown } = traffic[name];
      const codecs = JSON.stringify(PIPELINES[name]);
      const settings = {
        packs: all.map((pack) => pack.name).join(),
        seeds,
        rounds: ROUNDS,
        pipeline: codecs,
      };
      const ratio = { unit: 'uncompressed / compressed', ...settings };
      const prefix = PREFIX[name];
      printFigure({ name: `${prefix}ratio`, value: (plainUp + plainDown) / (up + down), ...ratio });
      printFigure({ name: `${prefix}up`, value: plainUp / up, ...ratio });
      printFigure({ name: `${prefix}down`, value: plainDown / down, ...ratio });
      const perRun = losses[name];
      printFigure({
        name: `${prefix}loss`,
        value: upperBound(perRun),
        unit: 'accuracy, upper 95 % bound of the mean',
        mean: mean(perRun),
        perRun,
        ...settings,
      });
    }
  } finally {
    await bench.end();
  }
}

function compressed(
  codec: NonNullable<NonNullable<Federation['pipeline']>['download']>,
  download: NonNullable<NonNullable<Federation['pipeline']>['download']>,
): NonNullable<Federation['pipeline']> {
  return { participant: [{ kind: 'compress', codec }], download };
}

function none(): Traffic {
  return { up: 0, down: 0, plainUp: 0, plainDown: 0 };
}

function add(traffic: Traffic, { records }: SimulationResult): void {
  for (const { uploadedBytes, downloadedBytes, plainUploadBytes, plainDownloadBytes } of records) {
    traffic.up += uploadedBytes;
    traffic.down += downloadedBytes;
    traffic.plainUp += plainUploadBytes;
    traffic.plainDown += plainDownloadBytes;
  }
}
