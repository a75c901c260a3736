import type { TensorFlow } from '../model.ts';
import type { MakeLayer } from './layer.ts';

/** The largest value of each channel over all places; where several are largest, they share the gradient. */
export function globalMaximum(tf: TensorFlow): MakeLayer {
  return ([, , channels = 1]) => ({
    outputShape: [channels],
    weights: [],
    forward: (_weights, input) => ({ output: tf.max(input, [1, 2]), saved: [] }),
    backward: (_weights, input, { output }, slope) => {
      const spread = [input.shape[0]!, 1, 1, channels];
      const isLargest = tf.cast(tf.equal(input, tf.reshape(output, spread)), 'float32');
      const share = tf.div(slope, tf.sum(isLargest, [1, 2]));
      return { slope: tf.mul(isLargest, tf.reshape(share, spread)), gradients: [] };
    },
  });
}
