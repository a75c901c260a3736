import { updateTensors } from '../../../learning/pipeline/update-tensors.ts';
import type { Strategy } from '../../../learning/strategies/strategy.ts';
import { elementCount } from '../../../learning/weights/tensor.ts';
import type { WeightSpec } from '../models/model.ts';
import { concatenated } from './weight-vector.ts';

/** Which of the model's tensors stay with the participant, in the model's order. */
export function localTensors(strategy: Strategy, weights: readonly WeightSpec[]): readonly boolean[] {
  const sent = new Set(updateTensors(strategy, 'delta', weights).map(({ name }) => name));
  return weights.map(({ name }) => !sent.has(name));
}

/** Values by name as one vector of these tensors; a tensor without values has those of `fallback`, or zeros. */
export function vectorOf(
  values: ReadonlyMap<string, Float32Array> | undefined,
  weights: readonly WeightSpec[],
  fallback?: Float32Array,
): Float32Array {
  let end = 0;
  return concatenated(
    weights.map(({ name, shape }) => {
      const length = elementCount(shape) ?? 0;
      end += length;
      return values?.get(name) ?? fallback?.subarray(end - length, end) ?? new Float32Array(length);
    }),
  );
}

/** A vector of these tensors by their names; the values share its memory. */
export function byName(
  vector: Float32Array,
  weights: readonly WeightSpec[],
  takes: (index: number) => boolean = () => true,
): ReadonlyMap<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  let end = 0;
  for (const [index, { name, shape }] of weights.entries()) {
    const length = elementCount(shape) ?? 0;
    end += length;
    if (takes(index)) values.set(name, vector.subarray(end - length, end));
  }
  return values;
}
