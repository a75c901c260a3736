import { sumOfFactors } from '../../../learning/aggregation/factor.ts';
import { GramMatrix } from '../../../learning/aggregation/gram-matrix.ts';
import { gridOf, refuseFactorSum } from '../../../learning/aggregation/grid.ts';
import { bulyanRows } from '../../../learning/aggregation/krum-order.ts';
import type { Buckets } from '../../../learning/aggregation/reduction.ts';
import { type RobustRule, refuseTooFewRows } from '../../../learning/aggregation/robust-rule.ts';
import { rowWeights } from '../../../learning/aggregation/row-weights.ts';
import type { FoldPool } from './fold-pool.ts';
import type { CoordinateTask, ReducedTensor, TensorFile, UpdateFile } from './fold-task.ts';
import type { PartialSum } from './partial-sum-files.ts';

/**
 * Weights of rows are rounded to multiples of 2^-32: factors are multiples of 2^-20, and all are multiplied by this.
 */
const WEIGHT_SCALE = 4096;

interface Reduce {
  readonly tensors: readonly ReducedTensor[];
  /** In the order of the participants' ids. */
  readonly updates: readonly UpdateFile[];
  /** Large enough and there; the result's 32-bit floats are written into it. */
  readonly output: TensorFile;
}

/**
 * The weighted mean of updates: sum(factor · values) / sum(factor).
 * @param factors by update, multiples of 2^-20.
 * @throws CodedError as `FoldPool.run`, and `E_UPDATE_OUT_OF_RANGE` if the factors exceed the grids'.
 */
export async function reduceToMean(
  pool: FoldPool,
  reduce: Reduce & { readonly factors: readonly number[] },
): Promise<void> {
  const { tensors, updates, factors, output } = reduce;
  const divisor = sumOfFactors(factors);
  for (const { grid } of tensors) refuseFactorSum(divisor, grid, updates.at(-1)?.participant ?? '');
  await pool.run({
    kind: 'sum',
    tensors,
    updates,
    factors,
    partialSums: [],
    output: { ...output, kind: 'means', divisor },
    arithmetic: 'exact',
  });
}

/** The mean that partial sums make together; `combineSums` has checked that they may be added. */
export async function meanOfPartialSums(
  pool: FoldPool,
  sums: readonly PartialSum[],
  output: TensorFile,
): Promise<void> {
  const divisor = sumOfFactors(
    sums.flatMap(({ contributions }) => contributions.map(({ factor }) => factor)),
  );
  await pool.run({
    kind: 'sum',
    tensors: sums[0]!.tensors,
    updates: [],
    factors: [],
    partialSums: sums.map(({ file }) => ({ ...file, subtract: false })),
    output: { ...output, kind: 'means', divisor },
    arithmetic: 'exact',
  });
}

/**
 * What a robust rule makes of the updates.
 * @param rows the updates' indices, each in one bucket; `[[0], [1], …]` for none.
 * @throws CodedError as `FoldPool.run`, and `E_INVALID_INPUT` for fewer rows than the rule needs.
 */
export async function reduceRobustly(
  pool: FoldPool,
  reduce: Reduce & { readonly rule: RobustRule; readonly rows: Buckets },
): Promise<void> {
  const { tensors, updates, output, rule, rows } = reduce;
  refuseTooFewRows(rule, rows.length);
  const takeRanks = (statistic: CoordinateTask['statistic'], among: Buckets) =>
    pool.run({ kind: 'coordinates', tensors, updates, rows: among, statistic, output });
  const count = rows.length;
  if (rule.kind === 'median') {
    const first = Math.floor((count - 1) / 2);
    await takeRanks({ kind: 'ranks', first, last: Math.floor(count / 2) + 1 }, rows);
    return;
  }
  if (rule.kind === 'trimmed-mean') {
    await takeRanks({ kind: 'ranks', first: rule.f, last: count - rule.f }, rows);
    return;
  }
  const gram = new GramMatrix(count, await pool.run({ kind: 'gram', tensors, updates, rows }));
  if (rule.kind === 'bulyan') {
    const selected = bulyanRows(gram, rule.f);
    const kept = selected.length - 2 * rule.f;
    await takeRanks(
      { kind: 'around-median', kept },
      selected.map((row) => rows[row]!),
    );
    return;
  }
  await sumOfRows(pool, reduce, rowWeights(rule, gram));
}

/** The rows' weighted sum, where each update has its bucket's weight by the bucket's size. */
async function sumOfRows(
  pool: FoldPool,
  { tensors, updates, output, rows }: Reduce & { readonly rows: Buckets },
  weights: readonly number[],
): Promise<void> {
  const members = rows.flatMap((bucket, row) =>
    bucket.map((update) => ({ update, weight: weights[row]! / bucket.length })),
  );
  const used = members
    .map(({ update, weight }) => ({ update, factor: Math.round(weight * WEIGHT_SCALE * 2 ** 20) * 2 ** -20 }))
    .filter(({ factor }) => factor > 0);
  await pool.run({
    kind: 'sum',
    // Weights add up to 1 at most, and rounding may bring them a little above.
    tensors: tensors.map((tensor) => ({
      ...tensor,
      grid: gridOf('trainable', 2 * WEIGHT_SCALE, tensor.grid.bound),
    })),
    updates: used.map(({ update }) => updates[update]!),
    factors: used.map(({ factor }) => factor),
    partialSums: [],
    output: { ...output, kind: 'means', divisor: WEIGHT_SCALE },
    arithmetic: 'exact',
  });
}
