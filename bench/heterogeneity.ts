import { validate } from '../openapi/validate.ts';
import { recordedParticipants } from '../services/simulation/recorded-participants.ts';
import type { SimulationResult } from '../services/simulation/simulation.ts';
import { adjustedRandIndex } from './heterogeneity/rand-index.ts';
import { GEARBOX_PROFILE } from './simulation/gearbox.ts';
import { lastAccuracy, SimulationBench, seedsOf } from './simulation/simulation-bench.ts';
import { dataFolder } from './support/data-folder.ts';
import { mean, note, printFigure } from './support/figure.ts';

const ROUNDS = 36;

/** The ways to learn that are compared; none is told the positions, nor how many there are. */
const STRATEGIES = {
  global: { key: 'fed-avg' },
  // Groups are found after round 2, by the directions of the updates, and kept: a later search would cost a round.
  clustered: { key: 'clustered', warmUpRounds: 2, everyRounds: 100 },
  // Without a pull towards the global model, Ditto's personal ones are trained on their own data alone.
  'local-only': { key: 'ditto', lambda: 0 },
} as const;

type Way = keyof typeof STRATEGIES;

/**
 * What machines that are not alike gain from being grouped by their updates: gearbox-4pos, 32 participants of four mounting
 * positions and eight loads, a linear model; accuracy on all test windows, each by the model its participant uses.
 */
export async function run(flags: readonly string[] = []): Promise<void> {
  const folder = dataFolder('gearbox-4pos', flags);
  const seeds = seedsOf(flags, 5);
  const bench = new SimulationBench('heterogeneity');
  try {
    const { profile } = federation('global', 1);
    const data = await recordedParticipants({ folder, profile, into: bench.folder() });
    const accuracies: Record<Way, number[]> = { global: [], clustered: [], 'local-only': [] };
    const positions = new Map<string, number[]>();
    const rand: number[] = [];
    const groups: number[] = [];
    for (const seed of seeds) {
      for (const way of Object.keys(STRATEGIES) as Way[]) {
        const result = await bench.run({ ...data, federation: federation(way, seed), seed });
        accuracies[way].push(lastAccuracy(result));
        for (const [position, accuracy] of byPosition(result)) {
          const name = `${way}/${position}`;
          positions.set(name, [...(positions.get(name) ?? []), accuracy]);
        }
        if (way === 'clustered') {
          const found = groupsOf(result);
          const ids = [...found.keys()];
          groups.push(new Set(found.values()).size);
          rand.push(adjustedRandIndex(ids.map(positionOf), [...found.values()]));
        }
        note(`heterogeneity: seed ${seed}, ${way}: ${lastAccuracy(result).toFixed(3)}`);
      }
    }
    const settings = { unit: 'accuracy', seeds, rounds: ROUNDS, participants: data.participants.length };
    for (const [name, values] of positions) {
      printFigure({ name: `heterogeneity/${name}`, value: mean(values), ...settings });
    }
    for (const way of ['global', 'local-only', 'clustered'] as const) {
      const perSeed = accuracies[way];
      printFigure({ name: `heterogeneity/${way}`, value: mean(perSeed), perSeed, ...settings });
    }
    const over = (way: Way) => mean(accuracies.clustered) - mean(accuracies[way]);
    printFigure({ name: 'heterogeneity/over-global', value: over('global'), ...settings });
    printFigure({ name: 'heterogeneity/over-local', value: over('local-only'), ...settings });
    printFigure({
      ...settings,
      name: 'heterogeneity/rand-index',
      value: mean(rand),
      unit: 'adjusted Rand index',
      perSeed: rand,
      groups,
    });
  } finally {
    await bench.end();
  }
}

function federation(way: Way, seed: number) {
  const written = {
    id: `gearbox-${way}`,
    model: { key: 'dense', hidden: [] },
    profile: GEARBOX_PROFILE,
    training: {
      localEpochs: 2,
      batchSize: 8,
      seed,
      optimizer: { key: 'sgd', learningRate: 0.2 },
      schedule: { key: 'cosine', overRounds: ROUNDS, final: 0.05 },
      numerics: 'reproducible',
    },
    rounds: ROUNDS,
    evaluation: { everyRounds: ROUNDS, of: 'all' },
    strategy: STRATEGIES[way],
  };
  return validate('Federation', written, 'the federation of the bench');
}

function groupsOf({ records }: SimulationResult): Map<string, string> {
  return new Map(records.at(-1)?.contributors.map((id) => [id, records.at(-1)?.groups[id] ?? 'main']));
}

/** Participants are called by position and load, such as `a1-load00`. */
function positionOf(participant: string): string {
  return participant.split('-')[0] ?? '';
}

function byPosition({ records }: SimulationResult): Map<string, number> {
  const sums = new Map<string, { correct: number; count: number }>();
  for (const { id, sums: own } of records.at(-1)?.evaluation?.of ?? []) {
    const { correct, count } = sums.get(positionOf(id)) ?? { correct: 0, count: 0 };
    sums.set(positionOf(id), { correct: correct + own.correct, count: count + own.exampleCount });
  }
  return new Map([...sums].map(([position, { correct, count }]) => [position, correct / count]));
}
