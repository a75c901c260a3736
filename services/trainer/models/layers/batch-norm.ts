import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  fusedMoments,
  fusedScaleAndShift,
  fusedSlopeSums,
  fusedSlopes,
} from '../../backends/wasm/batch-norm-steps.ts';
import type { TensorFlow } from '../model.ts';
import type { MakeLayer } from './layer.ts';

const EPSILON = 1e-5;
/** Share of the running statistics that a batch leaves as it is. */
const MOMENTUM = 0.9;

/**
 * Batch normalisation (S. Ioffe, C. Szegedy: Batch normalization, 2015), each channel over all places of the batch. The
 * running statistics are weights of the role `statistic`, so they are averaged with the rest.
 */
export function batchNorm(tf: TensorFlow, name: string): MakeLayer {
  return (inputShape) => {
    const channels = inputShape.at(-1) ?? 1;
    const flat = (tensor: Tensor): Tensor2D => tf.reshape(tensor, [-1, channels]);
    return {
      outputShape: inputShape,
      weights: [
        { name: `${name}/scale`, shape: [channels], initialiser: 'ones', role: 'trainable' },
        { name: `${name}/offset`, shape: [channels], initialiser: 'zeros', role: 'trainable' },
        { name: `${name}/mean`, shape: [channels], initialiser: 'zeros', role: 'statistic' },
        { name: `${name}/variance`, shape: [channels], initialiser: 'ones', role: 'statistic' },
      ],
      forward: (weights, input, mode) => {
        // The weights come in the order and the shapes above.
        const [scale, offset, runningMean, runningVariance] = weights as OwnWeights;
        const values = flat(input);
        const isTraining = mode === 'training';
        const { mean, variance } = isTraining
          ? momentsOf(tf, values)
          : { mean: runningMean, variance: runningVariance };
        const inverse: Tensor1D = tf.rsqrt(tf.add<Tensor1D>(variance, EPSILON));
        const factor: Tensor1D = tf.mul(inverse, scale);
        const output =
          fusedScaleAndShift(tf, values, { mean, factor, offset }) ??
          tf.add(tf.mul(tf.sub(values, mean), factor), offset);
        const result = { output: tf.reshape(output, input.shape), saved: [mean, inverse] };
        if (!isTraining) return result;
        const follow = (running: Tensor, now: Tensor) =>
          tf.add(tf.mul(running, MOMENTUM), tf.mul(now, 1 - MOMENTUM));
        return { ...result, statistics: [follow(runningMean, mean), follow(runningVariance, variance)] };
      },
      backward: (weights, input, { saved }, slope, mode) => {
        const [scale] = weights as OwnWeights;
        const [mean, inverse] = saved as readonly [Tensor1D, Tensor1D];
        const [values, slopes] = [flat(input), flat(slope)];
        const { sum, product } = slopeSums(tf, values, slopes, mean);
        const byScale: Tensor1D = tf.mul(product, inverse);
        const bySlope: Tensor1D = tf.mul(scale, inverse);
        // In inference mode the statistics are constants; else they move with what they are taken of.
        const share = mode === 'inference' ? 0 : -1 / values.shape[0];
        const rest: Tensor1D = tf.mul(tf.mul(sum, bySlope), share);
        const byValue: Tensor1D = tf.mul(tf.mul(tf.mul(byScale, bySlope), inverse), share);
        const inner =
          fusedSlopes(tf, values, slopes, { mean, bySlope, byValue, rest }) ??
          tf.add(tf.add(tf.mul(slopes, bySlope), tf.mul(tf.sub(values, mean), byValue)), rest);
        return { slope: tf.reshape(inner, input.shape), gradients: [byScale, sum] };
      },
    };
  };
}

/** Scale, offset, running mean and variance. */
type OwnWeights = readonly [Tensor1D, Tensor1D, Tensor1D, Tensor1D];

function momentsOf(tf: TensorFlow, values: Tensor2D): { mean: Tensor1D; variance: Tensor1D } {
  const fused = fusedMoments(tf, values);
  if (fused !== undefined) return fused;
  const mean: Tensor1D = tf.mean(values, 0);
  const centred = tf.sub(values, mean);
  return { mean, variance: tf.mean(tf.mul(centred, centred), 0) };
}

function slopeSums(tf: TensorFlow, values: Tensor2D, slopes: Tensor2D, mean: Tensor1D) {
  const fused = fusedSlopeSums(tf, { values, slopes, mean });
  if (fused !== undefined) return fused;
  const sum: Tensor1D = tf.sum(slopes, 0);
  const product: Tensor1D = tf.sum(tf.mul(slopes, tf.sub(values, mean)), 0);
  return { sum, product };
}
