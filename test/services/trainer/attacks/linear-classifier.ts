import type * as TensorFlowCore from '@tensorflow/tfjs-core';
import type { Classifier } from '../../../../services/trainer/attacks/classifier.ts';

/**
 * A linear classifier, whose attacks can be checked by hand.
 * @param kernel one row a feature, one column a class.
 */
export function linearClassifier(
  tf: typeof TensorFlowCore,
  kernel: readonly (readonly number[])[],
): Classifier {
  const matrix = () => tf.tensor2d(kernel.map((row) => [...row]));
  const flat = (inputs: TensorFlowCore.Tensor): TensorFlowCore.Tensor2D =>
    tf.reshape(inputs, [inputs.shape[0]!, kernel.length]);
  return {
    logits: (inputs) => tf.matMul(flat(inputs), matrix()),
    inputGradient: (inputs, targets) => {
      const probabilities = tf.softmax(tf.matMul(flat(inputs), matrix()));
      const slope = tf.div<TensorFlowCore.Tensor2D>(tf.sub(probabilities, targets), inputs.shape[0]!);
      return tf.reshape(tf.matMul(slope, matrix(), false, true), inputs.shape);
    },
    logitGradient: (inputs, weights) => tf.reshape(tf.matMul(weights, matrix(), false, true), inputs.shape),
  };
}
