import { table } from '../../cli/terminal/table.ts';
import { mergeEvaluations, metricsOf } from '../../learning/metrics.ts';
import { randomStream } from '../../learning/random.ts';
import { type Interval, uarInterval } from '../../learning/uar-interval.ts';
import type { AttackSpec, ModelSpec } from '../../openapi/schemas.ts';
import { DEFAULT_RANDOMISATION } from '../../services/trainer/attacks/randomise.ts';
import type { TrainingSlots } from '../../services/trainer/training/training-slots.ts';
import type { FrozenSpeaker } from './frozen-clips.ts';

/** What a model gets besides its training, and what the attacker knows of it. */
export const DEFENCES = ['none', 'randomised', 'randomised-adaptive'] as const;
type SheetDefence = (typeof DEFENCES)[number];

interface Cell {
  readonly uar: number;
  /** 95 %. */
  readonly interval: Interval;
}

/** Cells by attack, by `TRAINING/DEFENCE`. */
export type Sheet = Map<string, ReadonlyMap<string, Cell>>;

const ATTACKS: readonly (AttackSpec | undefined)[] = [
  undefined,
  { key: 'fgsm', epsilon: 0.05 },
  { key: 'pgd', epsilon: 0.05, iterations: 5 },
  { key: 'deepfool', iterations: 5, overshoot: 0.02 },
];

interface ScoreOptions {
  readonly slots: TrainingSlots;
  readonly speakers: readonly FrozenSpeaker[];
  readonly versionFile: string;
  readonly model: ModelSpec;
  readonly defence: SheetDefence;
  readonly seed: number;
  /** Also the attacks that take long. */
  readonly whole: boolean;
}

/** One row of the sheet: a model under each attack, on the test clips of all speakers. */
export async function scoreCells(options: ScoreOptions): Promise<ReadonlyMap<string, Cell>> {
  const { slots, speakers, versionFile, model, defence, seed, whole } = options;
  const frozenFiles = speakers.map(({ frozenFile }) => frozenFile);
  const randomisation = {
    ...DEFAULT_RANDOMISATION,
    seed,
    ...(defence === 'randomised-adaptive' && { adaptiveDraws: 10 }),
  };
  const attacks = ATTACKS.filter((attack) => whole || attack?.key !== 'deepfool');
  const cells = attacks.map(async (attack): Promise<[string, Cell]> => {
    const sums = await slots.perform({
      kind: 'attack',
      versionFile,
      model,
      frozenFiles,
      ...(attack !== undefined && { attack }),
      ...(defence !== 'none' && { randomisation }),
    });
    const { uar = 0, confusion = [] } = metricsOf(mergeEvaluations(sums));
    const random = randomStream({ seed, round: 0, participant: 'main', purpose: 'interval' });
    return [attack?.key ?? 'clean', { uar, interval: uarInterval(confusion, random) }];
  });
  return new Map(await Promise.all(cells));
}

/** The sheet for people, UAR in percent. */
export function sheetText(title: string, sheet: Sheet): string {
  const [first] = sheet.values();
  const attacks = [...(first?.keys() ?? [])];
  const rows = [...sheet].map(([name, cells]) => [
    name,
    ...attacks.map((attack) => {
      const cell = cells.get(attack);
      if (cell === undefined) return '';
      return `${points(cell.uar)} [${points(cell.interval.low)}, ${points(cell.interval.high)}]`;
    }),
  ]);
  return `${title}\n${table([['UAR in %', ...attacks], ...rows])}`;
}

function points(fraction: number): string {
  return (100 * fraction).toFixed(1);
}
