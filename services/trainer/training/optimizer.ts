import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { TrainingSpec } from '../../../openapi/schemas.ts';
import type { TensorFlow } from '../models/model.ts';

/** Turns gradients into new weights. Its state begins anew each round (contracts, section 7). */
export interface Optimizer {
  /**
   * One step, out of place. Runs inside `tf.tidy`; the state it keeps survives that.
   * @param weights all trainable ones in one vector: a step is some ten kernel calls instead of ten a tensor.
   */
  step(weights: Tensor1D, gradients: Tensor1D): Tensor1D;
  dispose(): void;
}

/** The optimizer of a training specification. */
export function createOptimizer(tf: TensorFlow, spec: TrainingSpec['optimizer'], size: number): Optimizer {
  return spec.key === 'adam' ? adam(tf, spec.learningRate, size) : sgd(tf, spec.learningRate);
}

function sgd(tf: TensorFlow, learningRate: number): Optimizer {
  const rate = tf.scalar(learningRate);
  return {
    step: (weights, gradients) => tf.sub(weights, tf.mul(gradients, rate)),
    dispose: () => rate.dispose(),
  };
}

/** Adam (D. P. Kingma, J. Ba: Adam: a method for stochastic optimization, 2015), with the usual 0.9, 0.999 and 1e-7. */
function adam(tf: TensorFlow, learningRate: number, size: number): Optimizer {
  const [decay1, decay2, epsilon] = [0.9, 0.999, 1e-7];
  const keep = [decay1, 1 - decay1, decay2, 1 - decay2, epsilon].map((value) => tf.scalar(value));
  const [keep1, take1, keep2, take2, smallest] = keep as [
    (typeof keep)[0],
    (typeof keep)[0],
    (typeof keep)[0],
    (typeof keep)[0],
    (typeof keep)[0],
  ];
  let mean: Tensor1D = tf.zeros([size]);
  let square: Tensor1D = tf.zeros([size]);
  let power1 = 1;
  let power2 = 1;
  return {
    step: (weights, gradients) => {
      // A running product instead of Math.pow, whose last bits differ between versions of Node.
      power1 *= decay1;
      power2 *= decay2;
      const nextMean: Tensor1D = tf.add(tf.mul(mean, keep1), tf.mul(gradients, take1));
      const nextSquare: Tensor1D = tf.add(tf.mul(square, keep2), tf.mul(tf.mul(gradients, gradients), take2));
      const rate = tf.scalar((learningRate * Math.sqrt(1 - power2)) / (1 - power1));
      tf.dispose([mean, square]);
      mean = tf.keep(nextMean);
      square = tf.keep(nextSquare);
      return tf.sub(weights, tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), smallest)));
    },
    dispose: () => tf.dispose([...keep, mean, square]),
  };
}
