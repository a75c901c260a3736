import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { refuseUnknownOptions } from '../../../learning/options.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { fusedStack } from '../backends/wasm/fused-stack.ts';
import { denseStack, fusedLayers } from './dense-stack.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';
import { crossEntropy } from './sequential.ts';

/**
 * A fully connected network: hidden layers with ReLU, a softmax at the end, cross entropy as its loss.
 * @param spec option `hidden`: units of the hidden layers. @defaultValue `[64, 32]`
 * @throws CodedError `E_INVALID_INPUT` for an option it does not have.
 */
export function dense(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  refuseUnknownOptions('model', spec, ['hidden']);
  return denseOf(tf, spec.hidden ?? [64, 32], sizes);
}

/**
 * Multinomial logistic regression: dense without hidden layers.
 * @throws CodedError `E_INVALID_INPUT` for an option: it has none.
 */
export function logistic(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  refuseUnknownOptions('model', spec, []);
  return denseOf(tf, [], sizes);
}

/** A fully connected classifier with these hidden layers. */
export function denseOf(tf: TensorFlow, hidden: readonly number[], sizes: ModelSizes): Model {
  const features = sizes.featureShape.reduce((product, size) => product * size, 1);
  const stack = denseStack(tf, [features, ...hidden, sizes.classes]);
  const { weights: specs } = stack;
  const quick = fusedStack(tf, [features], fusedLayers([...hidden, sizes.classes]), 'cross-entropy');
  const run = (weights: readonly Tensor[], inputs: Tensor, targets: Tensor2D) => {
    // One row an example.
    const outputs = stack.forward(weights, inputs as Tensor2D);
    return { outputs, ...crossEntropy(tf, outputs.at(-1)!, targets) };
  };
  return {
    kind: 'classifier',
    inputShape: [features],
    outputShape: [sizes.classes],
    weights: specs,
    logits: (weights, inputs) => stack.forward(weights, inputs as Tensor2D).at(-1)!,
    lossAndGradients: (weights, inputs, targets) => {
      const step = quick.lossAndGradients(weights, inputs, targets);
      if (step !== undefined) return { ...step, statistics: [] };
      const { outputs, lossSum, slope } = run(weights, inputs, targets);
      const gradients = stack.gradients(weights, inputs as Tensor2D, outputs, slope);
      return { lossSum, gradients, statistics: [] };
    },
    inputGradient: (weights, inputs, targets) => {
      const inputSlope = quick.inputGradient(weights, inputs, targets);
      if (inputSlope !== undefined) return inputSlope;
      const { outputs, slope } = run(weights, inputs, targets);
      return stack.inputGradient(weights, outputs, slope);
    },
  };
}
