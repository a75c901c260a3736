import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { elementCount, type Tensor as Values } from '../../../learning/weights/tensor.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { Model, TensorFlow } from '../models/model.ts';

/** All weights of a model one after the other, in the model's order. */
export interface WeightVector {
  readonly size: number;
  /** The weights of the model in a vector; runs inside `tf.tidy`. */
  split(vector: Tensor1D): Tensor[];
  /** One vector of tensors in the model's order; runs inside `tf.tidy`. */
  join(tensors: readonly Tensor[]): Tensor1D;
  /** The part of an array that is each weight, without copying. */
  parts(vector: Float32Array): Float32Array[];
}

/** The layout of a model's weights in one vector. */
export function weightVector(tf: TensorFlow, model: Model): WeightVector {
  const shapes = model.weights.map(({ shape }) => [...shape]);
  const sizes = shapes.map((shape) => elementCount(shape) ?? 0);
  const size = sizes.reduce((sum, count) => sum + count, 0);
  return {
    size,
    split: (vector) => tf.split(vector, sizes).map((part, index) => tf.reshape(part, shapes[index]!)),
    join: (tensors) => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]) as Tensor1D)),
    parts: (vector) => {
      let end = 0;
      return sizes.map((count) => {
        end += count;
        return vector.subarray(end - count, end);
      });
    },
  };
}

/**
 * The weights of a version's file in the model's order.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` with every tensor that the model lacks or the file lacks.
 */
export function joinWeights(model: Model, tensors: ReadonlyMap<string, Values>): Float32Array {
  const faults = model.weights
    .filter(({ name, shape }) => tensors.get(name)?.shape.join() !== shape.join())
    .map(({ name, shape }) => ({
      path: name,
      message: `the model has this tensor with shape [${shape.join(', ')}]`,
    }));
  for (const name of tensors.keys()) {
    if (!model.weights.some((weight) => weight.name === name)) {
      faults.push({ path: name, message: 'the model has no such tensor' });
    }
  }
  if (faults.length > 0) {
    throw new CodedError('E_MALFORMED_SAFETENSORS', 'the version does not fit the model', { faults });
  }
  const parts = model.weights.map(({ name }) => tensors.get(name)!.values);
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const values of parts) {
    joined.set(values, position);
    position += values.length;
  }
  return joined;
}
