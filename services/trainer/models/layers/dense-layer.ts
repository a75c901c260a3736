import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../model.ts';
import type { MakeLayer } from './layer.ts';

/** A fully connected layer without activation. */
export function denseLayer(tf: TensorFlow, name: string, units: number): MakeLayer {
  return ([inputs = 1]) => ({
    outputShape: [units],
    fused: { kind: 'dense', units },
    weights: [
      { name: `${name}/kernel`, shape: [inputs, units], initialiser: 'glorot-uniform', role: 'trainable' },
      { name: `${name}/bias`, shape: [units], initialiser: 'zeros', role: 'trainable' },
    ],
    forward: ([kernel, bias], input) => ({
      // A layer before this one gives one row an example.
      output: tf.fused.matMul({
        a: input as Tensor2D,
        b: kernel as Tensor2D,
        bias: bias!,
        activation: 'linear',
      }),
      saved: [],
    }),
    backward: ([kernel], input, _forward, slope) => ({
      slope: tf.matMul(slope, kernel!, false, true),
      gradients: [tf.matMul(input, slope, true), tf.sum(slope, 0)],
    }),
  });
}
