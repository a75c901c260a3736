import type { TensorFlow } from '../model.ts';
import type { MakeLayer } from './layer.ts';

/** What is negative becomes zero. */
export function relu(tf: TensorFlow): MakeLayer {
  return (inputShape) => ({
    outputShape: inputShape,
    fused: { kind: 'relu' },
    weights: [],
    forward: (_weights, input) => ({ output: tf.relu(input), saved: [] }),
    backward: (_weights, _input, { output }, slope) => ({
      slope: tf.mul(slope, tf.step(output)),
      gradients: [],
    }),
  });
}
