import type { StandardisedExamples } from './standardise.ts';

/** The features of some examples, one after the other. */
export function gather({ featureCount, features }: StandardisedExamples, rows: Uint32Array): Float32Array {
  const values = new Float32Array(rows.length * featureCount);
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    values.set(features.subarray(row * featureCount, (row + 1) * featureCount), index * featureCount);
  }
  return values;
}

/**
 * The classes of some examples, a row of so many numbers each: what the example counts, at its class.
 * @param counts by class. @defaultValue 1 for all
 */
export function classRows(
  labels: Float32Array,
  rows: Uint32Array,
  classes: number,
  counts?: Float32Array,
): Float32Array {
  const values = new Float32Array(rows.length * classes);
  for (let index = 0; index < rows.length; index += 1) {
    const label = labels[rows[index]!]!;
    values[index * classes + label] = counts?.[label] ?? 1;
  }
  return values;
}
