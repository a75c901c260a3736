import { type EvaluationSums, mergeEvaluations, metricsOf } from '../../learning/metrics.ts';
import type { EvaluateTask } from '../trainer/training/messages.ts';
import type { MadeVersion, RoundEvaluation } from './round-record.ts';
import type { SimulationOptions } from './simulation-options.ts';

interface Judged {
  readonly id: string;
  readonly frozenFile: string;
  readonly group: string;
  /** sha256 of what the participant kept. */
  readonly state: string | undefined;
}

/** Files that one task scores: enough that the reading of the version does not count. */
const FILES_AT_ONCE = 16;

/** Scores the groups' versions, each on the test examples of those who use it. */
export async function evaluateVersions(
  { tasks, shelf, federation, signal }: SimulationOptions,
  seed: number,
  versions: ReadonlyMap<string, MadeVersion>,
  judges: readonly Judged[],
): Promise<RoundEvaluation> {
  const batches = [...versions].flatMap(([group, version]) => {
    const own = judges.filter((judge) => judge.group === group);
    return chunksOf(own, FILES_AT_ONCE).map((some) => ({ version, some }));
  });
  const { strategy = { key: 'fed-avg' } } = federation;
  const results = await Promise.all(
    batches.map(async ({ version, some }) => {
      const task: EvaluateTask = {
        kind: 'evaluate',
        versionFile: shelf.path(version.sha256),
        model: federation.model,
        frozenFiles: some.map(({ frozenFile }) => frozenFile),
        own: {
          strategy,
          training: { ...federation.training, seed },
          participants: some.map(({ id, state }) => ({
            participant: id,
            ...(state !== undefined && { stateFile: shelf.path(state) }),
          })),
        },
      };
      const sums = await tasks.perform(task, signal === undefined ? {} : { signal });
      return some.map(({ id, group }, index) => ({ id, group, sums: sums[index]! }));
    }),
  );
  const of = results.flat().sort((one, other) => (one.id < other.id ? -1 : 1));
  return evaluationOf(of);
}

/** Figures of what participants counted. */
export function evaluationOf(
  of: readonly { readonly id: string; readonly group: string; readonly sums: EvaluationSums }[],
): RoundEvaluation {
  const { exampleCount, accuracy, loss } = metricsOf(mergeEvaluations(of.map(({ sums }) => sums)));
  const accuracies = of
    .filter(({ sums }) => sums.exampleCount > 0)
    .map(({ sums }) => sums.correct / sums.exampleCount)
    .sort((one, other) => one - other);
  const mean = meanOf(accuracies);
  return {
    exampleCount,
    accuracy,
    loss,
    fairness: {
      mean,
      worstTenth: meanOf(accuracies.slice(0, Math.ceil(accuracies.length / 10))),
      variance: meanOf(accuracies.map((each) => (each - mean) ** 2)),
    },
    of: of.map(({ id, group, sums }) => {
      const { confusion: _none, ...rest } = sums;
      return { id, group, sums: rest };
    }),
  };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  const chunks: Item[][] = [];
  for (let begin = 0; begin < items.length; begin += size) chunks.push(items.slice(begin, begin + size));
  return chunks;
}
