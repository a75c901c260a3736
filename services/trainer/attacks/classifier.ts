import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Model, TensorFlow } from '../models/model.ts';

/**
 * A model with its weights, as an attack sees it: in inference mode, so that batch norm uses its running statistics.
 * Both functions run inside `tf.tidy`.
 */
export interface Classifier {
  /** The outputs before the softmax, one row an example. */
  logits(inputs: Tensor): Tensor2D;
  /**
   * The gradient of the mean cross entropy of the batch by the inputs.
   * @param targets one row an example, 1 at its class.
   */
  inputGradient(inputs: Tensor, targets: Tensor2D): Tensor;
  /**
   * The gradient of a weighted sum of each example's logits by its inputs.
   * @param weights one row an example, whose entries sum to 0, such as 1 and -1 for the difference of two.
   */
  logitGradient(inputs: Tensor, weights: Tensor2D): Tensor;
}

/** A model with weights in the model's order. */
export function classifierOf(tf: TensorFlow, model: Model, weights: readonly Tensor[]): Classifier {
  const logits: Classifier['logits'] = (inputs) => model.logits(weights, inputs, 'inference');
  return {
    logits,
    inputGradient: (inputs, targets) => model.inputGradient(weights, inputs, targets),
    logitGradient: (inputs, factors) => {
      // The cross entropy's derivative by the logits is (probabilities - targets) / batch: these targets make it ours.
      const targets: Tensor2D = tf.sub(tf.softmax(logits(inputs)), factors);
      return tf.mul(model.inputGradient(weights, inputs, targets), factors.shape[0]);
    },
  };
}
