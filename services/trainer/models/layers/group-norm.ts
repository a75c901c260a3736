import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../model.ts';
import type { MakeLayer } from './layer.ts';

const EPSILON = 1e-5;

/**
 * Group normalisation (Y. Wu, K. He: Group normalization, 2018): each example by itself, each group of channels over all
 * places. It has no running statistics, so that the few examples of a participant do not matter.
 * @param groups as many; each has the same number of channels.
 */
export function groupNorm(tf: TensorFlow, name: string, groups: number): MakeLayer {
  return (inputShape) => {
    const channels = inputShape[2] ?? 1;
    const size = channels / groups;
    /** The mean over places and the channels of a group, for each channel: [batch, 1, channels]. */
    const groupMean = (values: Tensor3D): Tensor3D => {
      const [batch, places] = values.shape;
      const byChannel = tf.sum(values, 1);
      const byGroup = tf.sum(tf.reshape(byChannel, [batch, groups, size]), 2, true);
      const each = tf.tile(tf.mul(byGroup, 1 / (places * size)), [1, 1, size]);
      return tf.reshape(each, [batch, 1, channels]);
    };
    const flat = (tensor: Tensor): Tensor3D => tf.reshape(tensor, [tensor.shape[0]!, -1, channels]);
    return {
      outputShape: inputShape,
      fused: { kind: 'group-norm', groups, epsilon: EPSILON },
      weights: [
        { name: `${name}/scale`, shape: [channels], initialiser: 'ones', role: 'trainable' },
        { name: `${name}/offset`, shape: [channels], initialiser: 'zeros', role: 'trainable' },
      ],
      forward: ([scale, offset], input) => {
        const values = flat(input);
        const centred = tf.sub(values, groupMean(values)) as Tensor3D;
        const inverse = tf.rsqrt(tf.add(groupMean(tf.mul(centred, centred)), EPSILON));
        const normalised = tf.mul(centred, inverse);
        const output = tf.add(tf.mul(normalised, scale!), offset!);
        return { output: tf.reshape(output, input.shape), saved: [normalised, inverse] };
      },
      backward: ([scale], input, { saved }, slope) => {
        const [normalised, inverse] = saved as readonly [Tensor3D, Tensor3D];
        const slopes = flat(slope);
        const scaled = tf.mul(slopes, scale!) as Tensor3D;
        const along = groupMean(tf.mul(scaled, normalised));
        const inner = tf.sub(tf.sub(scaled, groupMean(scaled)), tf.mul(normalised, along));
        const byScale = tf.sum(tf.reshape(tf.mul(slopes, normalised), [-1, channels]), 0);
        return {
          slope: tf.reshape(tf.mul(inner, inverse), input.shape),
          gradients: [byScale, tf.sum(tf.reshape(slopes, [-1, channels]), 0)],
        };
      },
    };
  };
}
