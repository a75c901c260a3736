import { bulyanRows } from '../aggregation/krum-order.ts';
import { type RobustRule, refuseTooFewRows } from '../aggregation/robust-rule.ts';
import { rowWeights } from '../aggregation/row-weights.ts';
import type { ModelTensor, Values } from '../strategies/strategy.ts';
import { gramOfRows, type Row, weightedRows } from './rows.ts';

/**
 * What a robust rule makes of rows in memory. Rules of distances look at trainable tensors; what they clip, statistic
 * tensors do not take part in: those get the plain mean.
 * @throws CodedError `E_INVALID_INPUT` for fewer rows than the rule needs.
 */
export function robustValues(
  rule: RobustRule,
  tensors: readonly ModelTensor[],
  rows: readonly Row[],
): Values {
  refuseTooFewRows(rule, rows.length);
  if (rule.kind === 'median') {
    const first = Math.floor((rows.length - 1) / 2);
    return eachTensor(tensors, (name) => rankMean(rows, name, first, Math.floor(rows.length / 2) + 1));
  }
  if (rule.kind === 'trimmed-mean') {
    return eachTensor(tensors, (name) => rankMean(rows, name, rule.f, rows.length - rule.f));
  }
  const gram = gramOfRows(
    rows,
    tensors.filter(({ role }) => role === 'trainable'),
  );
  if (rule.kind === 'bulyan') {
    const selected = bulyanRows(gram, rule.f).map((row) => rows[row]!);
    return eachTensor(tensors, (name) => aroundMedian(selected, name, selected.length - 2 * rule.f));
  }
  const weights = rowWeights(rule, gram);
  const clips = rule.kind === 'centred-clipping' || rule.kind === 'norm-bounding';
  const alike = rows.map(() => 1 / rows.length);
  return eachTensor(tensors, (name, role) =>
    weightedRows(rows, name, clips && role === 'statistic' ? alike : weights),
  );
}

function eachTensor(
  tensors: readonly ModelTensor[],
  values: (name: string, role: ModelTensor['role']) => Float32Array,
): Values {
  return new Map(tensors.map(({ name, role }) => [name, values(name, role)]));
}

/** The mean of each coordinate's sorted values from rank `first` up to `last` (exclusive). */
function rankMean(rows: readonly Row[], name: string, first: number, last: number): Float32Array {
  return eachColumn(rows, name, (column) => meanOf(column, first, last));
}

/** The mean of the `kept` values next to each coordinate's median. */
function aroundMedian(rows: readonly Row[], name: string, kept: number): Float32Array {
  return eachColumn(rows, name, (column) => {
    const middle = meanOf(column, Math.floor((column.length - 1) / 2), Math.floor(column.length / 2) + 1);
    let first = 0;
    // The nearest ones lie side by side among the sorted.
    while (first + kept < column.length && column[first + kept]! - middle < middle - column[first]!) first++;
    return meanOf(column, first, first + kept);
  });
}

function eachColumn(
  rows: readonly Row[],
  name: string,
  value: (sorted: Float32Array) => number,
): Float32Array {
  const column = new Float32Array(rows.length);
  return rows[0]!.get(name)!.map((_, element) => {
    rows.forEach((row, index) => {
      column[index] = row.get(name)![element]!;
    });
    return value(column.sort());
  });
}

function meanOf(sorted: Float32Array, first: number, last: number): number {
  let sum = 0;
  for (let rank = first; rank < last; rank++) sum += sorted[rank]!;
  return sum / (last - first);
}
