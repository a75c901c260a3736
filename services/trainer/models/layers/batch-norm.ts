import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
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
      forward: ([scale, offset, mean, variance], input, mode) => {
        const values = flat(input);
        const isTraining = mode === 'training';
        const centre = isTraining ? tf.mean(values, 0) : mean!;
        const centred = tf.sub(values, centre);
        const spread = isTraining ? tf.mean(tf.mul(centred, centred), 0) : variance!;
        const inverse = tf.rsqrt(tf.add(spread, EPSILON));
        const normalised = tf.mul(centred, inverse);
        const output = tf.reshape(tf.add(tf.mul(normalised, scale!), offset!), input.shape);
        const saved = [normalised, inverse];
        if (!isTraining) return { output, saved };
        const follow = (running: Tensor, now: Tensor) =>
          tf.add(tf.mul(running, MOMENTUM), tf.mul(now, 1 - MOMENTUM));
        return { output, saved, statistics: [follow(mean!, centre), follow(variance!, spread)] };
      },
      backward: ([scale], input, { saved }, slope, mode) => {
        const [normalised, inverse] = saved as readonly [Tensor2D, Tensor];
        const slopes = flat(slope);
        const byScale = tf.sum(tf.mul(slopes, normalised), 0);
        const byOffset = tf.sum(slopes, 0);
        const scaled = tf.mul(slopes, scale!);
        // In inference mode the statistics are constants.
        const inner =
          mode === 'inference'
            ? scaled
            : tf.sub(
                tf.sub(scaled, tf.mean(scaled, 0)),
                tf.mul(normalised, tf.mean(tf.mul(scaled, normalised), 0)),
              );
        return {
          slope: tf.reshape(tf.mul(inner, inverse), input.shape),
          gradients: [byScale, byOffset],
        };
      },
    };
  };
}
