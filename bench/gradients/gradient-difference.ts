// Registers the gradients: the core library's build for Node has none.
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Operation } from './operations.ts';

/** Largest difference of an operation's gradients and output from those of the `cpu` backend, over the largest value. */
export async function gradientDifference(backend: string, operation: Operation): Promise<number> {
  const expected = await gradientsOn('cpu', operation);
  const found = await gradientsOn(backend, operation);
  return relativeDifference(found, expected);
}

/** Gradients by all inputs of the operation's output times fixed numbers, and the output itself. */
async function gradientsOn(backend: string, { inputs, run }: Operation): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const tensors = inputs.map(({ values, shape }) => tf.tensor(values.slice(), shape));
  const weighed = (...given: Tensor[]) => {
    const output = run(tf, given);
    const factors = tf.tensor(
      Float32Array.from({ length: output.size }, (_, index) => Math.cos(index)),
      output.shape,
    );
    return tf.sum(tf.mul(output, factors));
  };
  const gradients = tf.grads(weighed)(tensors);
  const output = tf.tidy(() => run(tf, tensors));
  const read = await Promise.all(
    [...gradients, output].map(async (tensor) => Float32Array.from(await tensor.data())),
  );
  tf.dispose([...tensors, ...gradients, output]);
  return read;
}

/** Largest difference over the largest value, of all arrays; infinite where one is of another length. */
function relativeDifference(found: readonly Float32Array[], expected: readonly Float32Array[]): number {
  return Math.max(
    ...expected.map((array, which) => {
      const largest = array.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
      if (found[which]?.length !== array.length) return Number.POSITIVE_INFINITY;
      return array.reduce((most, value, index) => {
        const difference = Math.abs(value - found[which]![index]!);
        return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference / largest);
      }, 0);
    }),
  );
}
