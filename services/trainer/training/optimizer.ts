import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import type { OptimizerSpec } from '../../../openapi/schemas.ts';
import { fusedAdam, fusedSgd } from '../backends/wasm/optimiser-steps.ts';
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

interface OptimizerOptions {
  readonly spec: OptimizerSpec;
  /** Of this round; the specification's may be scheduled. */
  readonly learningRate: number;
  /** Number of trainable weights. */
  readonly size: number;
  /** Shortens longer gradients to this L2 norm. @defaultValue none */
  readonly maximumGradientNorm?: number | undefined;
}

/** The optimizer of a training specification. */
export function createOptimizer(tf: TensorFlow, options: OptimizerOptions): Optimizer {
  const { spec, learningRate, size, maximumGradientNorm } = options;
  const optimizer = optimizerOf(tf, spec, learningRate, size);
  if (maximumGradientNorm === undefined) return optimizer;
  return {
    step: (weights, gradients) => optimizer.step(weights, clipped(tf, gradients, maximumGradientNorm)),
    dispose: optimizer.dispose,
  };
}

function optimizerOf(tf: TensorFlow, spec: OptimizerSpec, learningRate: number, size: number): Optimizer {
  switch (spec.key) {
    case 'sgd':
      return sgd(tf, learningRate);
    case 'momentum':
      return momentum(tf, learningRate, spec.momentum ?? 0.9, size);
    case 'adam':
      return adam(tf, learningRate, 0, size);
    case 'adamw':
      return adam(tf, learningRate, learningRate * (spec.weightDecay ?? 0.01), size);
  }
}

/** A gradient no longer than the norm, in its own direction. A norm of 0 divides nothing: the factor is at most 1. */
function clipped(tf: TensorFlow, gradients: Tensor1D, maximumNorm: number): Tensor1D {
  const norm = tf.sqrt(tf.sum(tf.mul(gradients, gradients)));
  return tf.mul(gradients, tf.div(maximumNorm, tf.maximum(norm, maximumNorm)));
}

function sgd(tf: TensorFlow, learningRate: number): Optimizer {
  const rate = tf.scalar(learningRate);
  return {
    step: (weights, gradients) =>
      fusedSgd(tf, { weights, gradients, rate: learningRate, momentum: 0 })?.weights ??
      tf.sub(weights, tf.mul(gradients, rate)),
    dispose: () => rate.dispose(),
  };
}

/** Gradient descent with momentum (B. T. Polyak, 1964), in the form of the usual libraries: v = m v + g, w = w - r v. */
function momentum(tf: TensorFlow, learningRate: number, kept: number, size: number): Optimizer {
  const [rate, keep] = [tf.scalar(learningRate), tf.scalar(kept)];
  let velocity: Tensor1D = tf.zeros([size]);
  return {
    step: (weights, gradients) => {
      const fused = fusedSgd(tf, { weights, gradients, velocity, rate: learningRate, momentum: kept });
      if (fused?.velocity !== undefined) {
        velocity.dispose();
        velocity = tf.keep(fused.velocity);
        return fused.weights;
      }
      const next: Tensor1D = tf.add(tf.mul(velocity, keep), gradients);
      velocity.dispose();
      velocity = tf.keep(next);
      return tf.sub(weights, tf.mul(velocity, rate));
    },
    dispose: () => tf.dispose([rate, keep, velocity]),
  };
}

/**
 * Adam (D. P. Kingma, J. Ba: Adam: a method for stochastic optimization, 2015), with the usual 0.9, 0.999 and 1e-7; with
 * a decay AdamW (I. Loshchilov, F. Hutter: Decoupled weight decay regularization, 2019).
 * @param decay share of each weight that a step takes away, beside the gradient.
 */
function adam(tf: TensorFlow, learningRate: number, decay: number, size: number): Optimizer {
  const [decay1, decay2, epsilon] = [0.9, 0.999, 1e-7];
  const keep = [decay1, 1 - decay1, decay2, 1 - decay2, epsilon, 1 - decay].map((value) => tf.scalar(value));
  const [keep1, take1, keep2, take2, smallest, left] = keep as [
    Scalar,
    Scalar,
    Scalar,
    Scalar,
    Scalar,
    Scalar,
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
      const stepRate = (learningRate * Math.sqrt(1 - power2)) / (1 - power1);
      const moments = { mean, square, rate: stepRate, decay1, decay2, epsilon, weightDecay: decay };
      const fused = fusedAdam(tf, { weights, gradients, ...moments });
      if (fused !== undefined) {
        tf.dispose([mean, square]);
        mean = tf.keep(fused.mean);
        square = tf.keep(fused.square);
        return fused.weights;
      }
      const nextMean: Tensor1D = tf.add(tf.mul(mean, keep1), tf.mul(gradients, take1));
      const nextSquare: Tensor1D = tf.add(tf.mul(square, keep2), tf.mul(tf.mul(gradients, gradients), take2));
      const rate = tf.scalar(stepRate);
      tf.dispose([mean, square]);
      mean = tf.keep(nextMean);
      square = tf.keep(nextSquare);
      const decayed = decay === 0 ? weights : tf.mul(weights, left);
      return tf.sub(decayed, tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), smallest)));
    },
    dispose: () => tf.dispose([...keep, mean, square]),
  };
}
