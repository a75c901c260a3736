import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { refuseUnknownOptions } from '../../../learning/options.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import type { Model, ModelSizes, TensorFlow, WeightSpec } from './model.ts';
import { crossEntropy } from './sequential.ts';

/** Kernel and bias of each layer, as the model's weights come. */
type Layers = readonly { readonly kernel: Tensor2D; readonly bias: Tensor }[];

/**
 * A fully connected network: hidden layers with ReLU, a softmax at the end, cross entropy as its loss. Its gradients
 * are written out, one kernel call a term: the library's build for Node registers no gradients for its tape.
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

function denseOf(tf: TensorFlow, hidden: readonly number[], sizes: ModelSizes): Model {
  const features = sizes.featureShape.reduce((product, size) => product * size, 1);
  const units = [features, ...hidden, sizes.classes];
  return {
    kind: 'classifier',
    inputShape: [features],
    outputShape: [sizes.classes],
    weights: weightSpecs(units),
    // One row an example.
    logits: (weights, inputs) => activations(tf, layersOf(weights), inputs as Tensor2D).at(-1) as Tensor2D,
    lossAndGradients: (weights, inputs, targets) => {
      const layers = layersOf(weights);
      const outputs = activations(tf, layers, inputs as Tensor2D);
      const { lossSum, slope: first } = crossEntropy(tf, outputs.at(-1) as Tensor2D, targets);
      let slope = first;
      const gradients: Tensor[] = [];
      for (let index = layers.length - 1; index >= 0; index -= 1) {
        const input = index === 0 ? inputs : outputs[index - 1]!;
        // Transposed first: the backend multiplies transposed matrices in a plain loop.
        gradients.unshift(tf.matMul(tf.transpose(input), slope), tf.sum(slope, 0));
        if (index > 0) slope = tf.mul(tf.matMul(slope, tf.transpose(layers[index]!.kernel)), tf.step(input));
      }
      return { lossSum, gradients, statistics: [] };
    },
    inputGradient: (weights, inputs, targets) => {
      const layers = layersOf(weights);
      const outputs = activations(tf, layers, inputs as Tensor2D);
      let { slope } = crossEntropy(tf, outputs.at(-1) as Tensor2D, targets);
      for (let index = layers.length - 1; index >= 0; index -= 1) {
        slope = tf.matMul(slope, tf.transpose(layers[index]!.kernel));
        if (index > 0) slope = tf.mul(slope, tf.step(outputs[index - 1]!));
      }
      return slope;
    },
  };
}

function weightSpecs(units: readonly number[]): WeightSpec[] {
  return units.slice(1).flatMap((outputs, index): WeightSpec[] => {
    const layer = `dense-${index + 1}`;
    const inputs = units[index]!;
    return [
      { name: `${layer}/kernel`, shape: [inputs, outputs], initialiser: 'glorot-uniform', role: 'trainable' },
      { name: `${layer}/bias`, shape: [outputs], initialiser: 'zeros', role: 'trainable' },
    ];
  });
}

function layersOf(weights: readonly Tensor[]): Layers {
  const layers: { kernel: Tensor2D; bias: Tensor }[] = [];
  for (let index = 0; index < weights.length; index += 2) {
    // The weights come in the order and the shapes of `weightSpecs`.
    layers.push({ kernel: weights[index] as Tensor2D, bias: weights[index + 1]! });
  }
  return layers;
}

/** Output of each layer, the last one's before the softmax. */
function activations(tf: TensorFlow, layers: Layers, inputs: Tensor2D): Tensor2D[] {
  const outputs: Tensor2D[] = [];
  let input = inputs;
  for (const [index, { kernel, bias }] of layers.entries()) {
    const activation = index < layers.length - 1 ? 'relu' : 'linear';
    // Of two matrices the product is one; the type says tensors of any rank.
    input = tf.fused.matMul({ a: input, b: kernel, bias, activation }) as Tensor2D;
    outputs.push(input);
  }
  return outputs;
}
