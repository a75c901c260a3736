import { GramMatrix } from '../aggregation/gram-matrix.ts';
import type { ModelTensor } from '../strategies/strategy.ts';

/** The decoded delta of a contribution, or of a bucket, by the name of the model's tensor. */
export type Row = ReadonlyMap<string, Float32Array>;

/** The plain mean, in 64 bits and rounded once. */
export function meanOfRows(rows: readonly Row[]): Row {
  const weights = rows.map(() => 1 / rows.length);
  return new Map([...rows[0]!.keys()].map((name) => [name, weightedRows(rows, name, weights)]));
}

/** sum(weight · values) of one tensor, in the order of the rows. */
export function weightedRows(rows: readonly Row[], name: string, weights: readonly number[]): Float32Array {
  const sum = new Float64Array(rows[0]!.get(name)!.length);
  rows.forEach((row, index) => {
    const weight = weights[index]!;
    if (weight === 0) return;
    const values = row.get(name)!;
    for (let element = 0; element < sum.length; element++) sum[element]! += weight * values[element]!;
  });
  return Float32Array.from(sum);
}

/** Inner products over the given tensors. */
export function gramOfRows(rows: readonly Row[], tensors: readonly Pick<ModelTensor, 'name'>[]): GramMatrix {
  const products = new Float64Array(rows.length ** 2);
  for (let row = 0; row < rows.length; row++) {
    for (let column = row; column < rows.length; column++) {
      let sum = 0;
      for (const { name } of tensors) {
        const one = rows[row]!.get(name)!;
        const other = rows[column]!.get(name)!;
        for (let element = 0; element < one.length; element++) sum += one[element]! * other[element]!;
      }
      products[row * rows.length + column] = sum;
    }
  }
  return new GramMatrix(rows.length, products);
}
