import { sumOfFactors } from '../factor.ts';
import { GramMatrix } from '../gram-matrix.ts';
import { gridOf, refuseFactorSum } from '../grid.ts';
import { bulyanRows } from '../krum-order.ts';
import type { Buckets } from '../reduction.ts';
import { type RobustRule, refuseTooFewRows } from '../robust-rule.ts';
import { rowWeights } from '../row-weights.ts';
import type { FoldRunner } from './fold-runner.ts';
import type { CoordinateTask, ReducedTensor, TensorFile, UpdateFile } from './fold-task.ts';

/**
 * Weights of rows are rounded to multiples of 2^-32: factors are multiples of 2^-20, and all are multiplied by this.
 */
const WEIGHT_SCALE = 4096;

/** A tensor to be reduced, with what it is to the model. */
export interface RoleTensor extends ReducedTensor {
  readonly role: 'trainable' | 'statistic';
}

interface Reduce<Tensor = ReducedTensor> {
  readonly tensors: readonly Tensor[];
  /** In the order of the participants' ids. */
  readonly updates: readonly UpdateFile[];
  /** Large enough and there; the result's 32-bit floats are written into it. */
  readonly output: TensorFile;
}

/**
 * The weighted mean of updates: sum(factor · values) / sum(factor).
 * @param factors by update, multiples of 2^-20.
 * @throws CodedError as `FoldRunner.run`, and `E_UPDATE_OUT_OF_RANGE` if the factors exceed the grids'.
 */
export async function reduceToMean(
  runner: FoldRunner,
  reduce: Reduce & { readonly factors: readonly number[] },
): Promise<void> {
  const { tensors, updates, factors, output } = reduce;
  const divisor = sumOfFactors(factors);
  for (const { grid } of tensors) refuseFactorSum(divisor, grid, updates.at(-1)?.participant ?? '');
  await runner.run({
    kind: 'sum',
    tensors,
    updates,
    factors,
    partialSums: [],
    output: { ...output, kind: 'means', divisor },
    arithmetic: 'exact',
  });
}

/**
 * What a robust rule makes of the updates. Rules of distances look at trainable tensors; what they clip, statistic tensors
 * do not take part in: those get the plain mean.
 * @param rows the updates' indices, each in one bucket; `[[0], [1], …]` for none.
 * @throws CodedError as `FoldRunner.run`, and `E_INVALID_INPUT` for fewer rows than the rule needs.
 */
export async function reduceRobustly(
  runner: FoldRunner,
  reduce: Reduce<RoleTensor> & { readonly rule: RobustRule; readonly rows: Buckets },
): Promise<void> {
  const { tensors, updates, output, rule, rows } = reduce;
  refuseTooFewRows(rule, rows.length);
  const takeRanks = (statistic: CoordinateTask['statistic'], among: Buckets) =>
    runner.run({ kind: 'coordinates', tensors, updates, rows: among, statistic, output });
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
  const trainable = ofRole(reduce, 'trainable');
  const gram = await gramOf(runner, { ...trainable, rows });
  if (rule.kind === 'bulyan') {
    const selected = bulyanRows(gram, rule.f);
    const kept = selected.length - 2 * rule.f;
    await takeRanks(
      { kind: 'around-median', kept },
      selected.map((row) => rows[row]!),
    );
    return;
  }
  const weights = rowWeights(rule, gram);
  const clips = rule.kind === 'centred-clipping' || rule.kind === 'norm-bounding';
  await sumOfRows(runner, { ...trainable, rows }, weights);
  const alike = rows.map(() => 1 / count);
  await sumOfRows(runner, { ...ofRole(reduce, 'statistic'), rows }, clips ? alike : weights);
}

/** The inner products of the rows, each the mean of its bucket. @throws CodedError as `FoldRunner.run` */
export async function gramOf(
  runner: FoldRunner,
  { tensors, updates, rows }: Pick<Reduce, 'tensors' | 'updates'> & { readonly rows: Buckets },
): Promise<GramMatrix> {
  return new GramMatrix(rows.length, await runner.run({ kind: 'gram', tensors, updates, rows }));
}

function ofRole(
  { tensors, updates, output }: Reduce<RoleTensor>,
  role: RoleTensor['role'],
): Reduce<RoleTensor> {
  const indices = tensors.flatMap((tensor, index) => (tensor.role === role ? [index] : []));
  const only = <Value>(values: readonly Value[]) => indices.map((index) => values[index]!);
  return {
    tensors: only(tensors),
    updates: updates.map((update) => ({ ...update, payloads: only(update.payloads) })),
    output: { ...output, byteOffsets: only(output.byteOffsets) },
  };
}

/** The rows' weighted sum, where each update has its bucket's weight by the bucket's size. */
async function sumOfRows(
  runner: FoldRunner,
  { tensors, updates, output, rows }: Reduce<RoleTensor> & { readonly rows: Buckets },
  weights: readonly number[],
): Promise<void> {
  if (tensors.length === 0) return;
  const members = rows.flatMap((bucket, row) =>
    bucket.map((update) => ({ update, weight: weights[row]! / bucket.length })),
  );
  const used = members
    .map(({ update, weight }) => ({ update, factor: Math.round(weight * WEIGHT_SCALE * 2 ** 20) * 2 ** -20 }))
    .filter(({ factor }) => factor > 0);
  await runner.run({
    kind: 'sum',
    // Weights add up to 1 at most, and rounding may bring them a little above.
    tensors: tensors.map((tensor) => ({
      ...tensor,
      grid: gridOf(tensor.role, 2 * WEIGHT_SCALE, tensor.grid.bound),
    })),
    updates: used.map(({ update }) => updates[update]!),
    factors: used.map(({ factor }) => factor),
    partialSums: [],
    output: { ...output, kind: 'means', divisor: WEIGHT_SCALE },
    arithmetic: 'exact',
  });
}
