import { randomStream } from '../learning/random.ts';
import { validate } from '../openapi/validate.ts';
import { CodedError } from '../runtime/errors.ts';
import type { VirtualData } from '../services/simulation/keep-examples.ts';
import type { Tamper } from '../services/simulation/simulation-options.ts';
import { ATTACKS, type AttackName } from './attacks/attacks.ts';
import { withPermutedLabels } from './attacks/permuted-labels.ts';
import { LINE_PROFILE, lineParticipants } from './simulation/line-participants.ts';
import { lastAccuracy, SimulationBench, seedsOf } from './simulation/simulation-bench.ts';
import { mean, note, printFigure } from './support/figure.ts';

const PARTICIPANTS = 20;
const ATTACKERS = 4;
const ROUNDS = 10;

const STRATEGIES = {
  'fed-avg': { key: 'fed-avg' },
  best: { key: 'multi-krum', f: ATTACKERS, selected: 16 },
} as const;

const LOUD: readonly AttackName[] = ['sign-flip', 'scaling', 'label-permutation', 'gaussian'];
const STEALTHY: readonly AttackName[] = ['alie', 'ipm'];

/**
 * What a fifth of attackers does to federated averaging and to one robust rule with one setting, gates off: accuracy lost
 * against federated averaging without attackers, on the test windows of all 20 machines of the generated line.
 */
export async function run(flags: readonly string[] = []): Promise<void> {
  const seeds = seedsOf(flags, 5);
  const bench = new SimulationBench('attacks');
  const losses = new Map<string, number[]>();
  const clean: number[] = [];
  try {
    for (const seed of seeds) {
      const { profile } = federation('fed-avg', seed);
      const data = await lineParticipants(profile, { machines: PARTICIPANTS, seed, folder: bench.folder() });
      const attackers = attackersOf(data, seed);
      const poisoned = await poisonedData(data, attackers, bench.folder());
      const accuracyOf = async (rule: keyof typeof STRATEGIES, attack?: AttackName) => {
        const given = attack === 'label-permutation' ? poisoned : data;
        const judges = data.participants;
        const tamper = attack === undefined ? {} : { tamper: tamperOf(attackers, attack) };
        try {
          return lastAccuracy(
            await bench.run({ ...given, judges, ...tamper, federation: federation(rule, seed), seed }),
          );
        } catch (thrown) {
          // Weights that are no longer finite: the model tells nothing.
          if (!(thrown instanceof CodedError) || !COLLAPSED.includes(thrown.code)) throw thrown;
          note(`attacks: ${rule} under ${attack}: ${thrown.message}`);
          return 1 / profile.classes.length;
        }
      };
      const without = await accuracyOf('fed-avg');
      clean.push(without);
      for (const rule of ['fed-avg', 'best'] as const) {
        const name = `${rule}/none`;
        if (rule === 'best')
          losses.set(name, [...(losses.get(name) ?? []), without - (await accuracyOf(rule))]);
        for (const attack of [...LOUD, ...STEALTHY]) {
          const loss = without - (await accuracyOf(rule, attack));
          losses.set(`${rule}/${attack}`, [...(losses.get(`${rule}/${attack}`) ?? []), loss]);
          note(
            `attacks: seed ${seed}, ${rule}, ${attack}: loses ${loss.toFixed(3)} of ${without.toFixed(3)}`,
          );
        }
      }
    }
    const settings = {
      seeds,
      participants: PARTICIPANTS,
      attackers: ATTACKERS,
      rounds: ROUNDS,
      rule: JSON.stringify(STRATEGIES.best),
    };
    printFigure({ name: 'attacks/clean', value: mean(clean), unit: 'accuracy', perSeed: clean, ...settings });
    for (const [name, perSeed] of losses) {
      printFigure({
        name: `attacks/${name}`,
        value: mean(perSeed),
        unit: 'accuracy lost',
        perSeed,
        ...settings,
      });
    }
    const lossOf = (name: string) => mean(losses.get(name) ?? []);
    const worst = Math.max(...LOUD.map((attack) => lossOf(`best/${attack}`)));
    const unit = 'accuracy lost';
    printFigure({ name: 'attacks/fed-avg-loss', value: lossOf('fed-avg/sign-flip'), unit, ...settings });
    printFigure({ name: 'attacks/best-loss', value: worst, unit, of: 'worst of the loud four', ...settings });
  } finally {
    await bench.end();
  }
}

const COLLAPSED: readonly string[] = ['E_TRAINING_DIVERGED', 'E_RUN_FAILED', 'E_UPDATE_NOT_FINITE'];

/** Drawn by the seed: machines are mounted at five kinds of places in turn, and a rule must not lose one of them whole. */
function attackersOf({ participants }: VirtualData, seed: number): Set<string> {
  const random = randomStream({ seed, round: 0, participant: 'main', purpose: 'attackers' });
  return new Set(random.shuffle(participants.map(({ id }) => id)).slice(0, ATTACKERS));
}

function tamperOf(attackers: ReadonlySet<string>, attack: AttackName): Tamper {
  return (updates, round) =>
    ATTACKS[attack](
      updates.filter(({ participant }) => attackers.has(participant)),
      updates.filter(({ participant }) => !attackers.has(participant)),
      round,
    );
}

async function poisonedData(
  data: VirtualData,
  attackers: ReadonlySet<string>,
  folder: string,
): Promise<VirtualData> {
  const participants = await Promise.all(
    data.participants.map((each) =>
      attackers.has(each.id) ? withPermutedLabels(each, LINE_PROFILE.classes.length, folder) : each,
    ),
  );
  return { ...data, participants };
}

function federation(rule: keyof typeof STRATEGIES, seed: number) {
  const written = {
    id: 'attacked',
    model: { key: 'dense', hidden: [64] },
    profile: LINE_PROFILE,
    training: {
      localEpochs: 4,
      batchSize: 32,
      seed,
      optimizer: { key: 'adam', learningRate: 0.002 },
      numerics: 'reproducible',
    },
    rounds: ROUNDS,
    quorum: { kind: 'fraction', of: 1 },
    evaluation: { everyRounds: ROUNDS, of: 'all' },
    strategy: STRATEGIES[rule],
    // Gates off: what the federation would refuse for its size alone gets through.
    aggregation: { bounds: { trainable: 2 ** 30 } },
    maximumUpdateNorm: 1e30,
    maximumRoundAttempts: 1,
  };
  return validate('Federation', written, 'the federation of the bench');
}
