import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../model.ts';
import type { MakeLayer } from './layer.ts';

/** The mean of each channel over all places, so that the model takes inputs of any size. */
export function globalAverage(tf: TensorFlow): MakeLayer {
  return ([, , channels = 1]) => ({
    outputShape: [channels],
    fused: { kind: 'global-average' },
    weights: [],
    forward: (_weights, input) => ({ output: tf.mean(input, [1, 2]), saved: [] }),
    backward: (_weights, input, _forward, slope) => {
      const [batch, height, width] = (input as Tensor4D).shape;
      const each = tf.reshape(tf.mul(slope, 1 / (height * width)), [batch, 1, 1, channels]);
      return { slope: tf.tile(each, [1, height, width, 1]), gradients: [] };
    },
  });
}
