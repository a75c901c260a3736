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
export function weightVector(tf: TensorFlow, model: Pick<Model, 'weights'>): WeightVector {
  const shapes = model.weights.map(({ shape }) => [...shape]);
  const sizes = shapes.map((shape) => elementCount(shape) ?? 0);
  const size = sizes.reduce((sum, count) => sum + count, 0);
  return {
    size,
    // The library neither splits nor joins nothing.
    split: (vector) =>
      size === 0 ? [] : tf.split(vector, sizes).map((part, index) => tf.reshape(part, shapes[index]!)),
    join: (tensors) =>
      size === 0
        ? tf.tensor1d([], 'float32')
        : tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]) as Tensor1D)),
    parts: (vector) => {
      let end = 0;
      return sizes.map((count) => {
        end += count;
        return vector.subarray(end - count, end);
      });
    },
  };
}

/** The weights of a model parted by what happens to them: an optimizer moves the trainable ones only. */
export interface RoleVectors {
  readonly trainable: WeightVector;
  readonly statistic: WeightVector;
  /** A copy of the weights of a role out of all of them in the model's order. */
  take(all: Float32Array, role: 'trainable' | 'statistic'): Float32Array;
  /** What belongs to the weights of either role, in the model's order. */
  together<Part>(trainable: readonly Part[], statistic: readonly Part[]): Part[];
}

/** The layouts of a model's trainable weights and of its statistics. */
export function roleVectors(tf: TensorFlow, model: Model): RoleVectors {
  const isStatistic = model.weights.map(({ role }) => role === 'statistic');
  const of = (wanted: boolean) => model.weights.filter((_, index) => isStatistic[index] === wanted);
  const whole = weightVector(tf, model);
  return {
    trainable: weightVector(tf, { weights: of(false) }),
    statistic: weightVector(tf, { weights: of(true) }),
    take: (all, role) => {
      const wanted = role === 'statistic';
      return concatenated(whole.parts(all).filter((_, index) => isStatistic[index] === wanted));
    },
    together: (trainable, statistic) => {
      const [moved, kept] = [trainable.values(), statistic.values()];
      // There are as many of each as weights of that role.
      return isStatistic.map((isKept) => (isKept ? kept : moved).next().value!);
    },
  };
}

/** One array of several, copied. */
export function concatenated(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const values of parts) {
    joined.set(values, position);
    position += values.length;
  }
  return joined;
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
  return concatenated(model.weights.map(({ name }) => tensors.get(name)!.values));
}
