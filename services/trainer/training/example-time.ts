import type { Tensor } from '@tensorflow/tfjs-core';
import type { Model, TensorFlow } from '../models/model.ts';

/** Passes forward that the gradients of a batch take as long as: one forward, and backward about twice as much. */
export const PASSES_OF_A_GRADIENT = 3;

/** Milliseconds that a model takes for one example, forward, measured now; the first time it is more than later. */
export async function exampleTimeMs(
  tf: TensorFlow,
  model: Model,
  weights: readonly Tensor[],
): Promise<number> {
  const beganMs = performance.now();
  const output = tf.tidy(() => model.logits(weights, tf.zeros([1, ...model.inputShape])));
  await output.data();
  output.dispose();
  return performance.now() - beganMs;
}
