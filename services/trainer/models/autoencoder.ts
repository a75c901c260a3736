import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { fusedStack } from '../backends/wasm/fused-stack.ts';
import { anomalySpec } from './anomaly-spec.ts';
import { denseStack, fusedLayers } from './dense-stack.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';

/**
 * A fully connected network that gives its inputs back through a narrow middle, with the mean squared error as its loss.
 * Trained on normal examples, it gives others back badly: that is how it notices anomalies. Targets are ignored.
 * @param spec option `hidden`: units of the hidden layers, the middle among them; and those of `anomalySpec`.
 * @defaultValue `[64, 8, 64]`
 * @throws CodedError `E_INVALID_INPUT` for an option it does not have.
 */
export function autoencoder(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  const { hidden } = anomalySpec(spec);
  const features = sizes.featureShape.reduce((product, size) => product * size, 1);
  const stack = denseStack(tf, [features, ...hidden, features]);
  const quick = fusedStack(tf, [features], fusedLayers([...hidden, features]), 'squared-error');
  const run = (weights: readonly Tensor[], inputs: Tensor) => {
    // One row an example.
    const rows = inputs as Tensor2D;
    const outputs = stack.forward(weights, rows);
    const difference: Tensor2D = tf.sub(outputs.at(-1)!, rows);
    const slope: Tensor2D = tf.mul(difference, 2 / (features * rows.shape[0]));
    return { rows, outputs, difference, slope };
  };
  return {
    kind: 'autoencoder',
    inputShape: [features],
    outputShape: [features],
    weights: stack.weights,
    logits: (weights, inputs) => stack.forward(weights, inputs as Tensor2D).at(-1)!,
    lossAndGradients: (weights, inputs) => {
      const step = quick.lossAndGradients(weights, inputs, inputs);
      if (step !== undefined) return { ...step, statistics: [] };
      const { rows, outputs, difference, slope } = run(weights, inputs);
      const squares = tf.sum(tf.mul(difference, difference));
      return {
        // A sum over all axes is one number.
        lossSum: tf.mul(squares, 1 / features) as Scalar,
        gradients: stack.gradients(weights, rows, outputs, slope),
        statistics: [],
      };
    },
    // The inputs are what is to be given back, too.
    inputGradient: (weights, inputs) => {
      const { outputs, slope } = run(weights, inputs);
      return tf.sub(stack.inputGradient(weights, outputs, slope), slope);
    },
  };
}
