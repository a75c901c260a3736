import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { refuseUnknownOptions } from '../../../learning/options.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import type { Model, ModelSizes, TensorFlow, WeightSpec } from './model.ts';

/** Smaller ones count as this in the loss: their logarithm would not be finite. */
const SMALLEST_PROBABILITY = 1e-30;

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
  const units = [sizes.features, ...(spec.hidden ?? [64, 32]), sizes.classes];
  return {
    inputShape: [sizes.features],
    outputShape: [sizes.classes],
    weights: weightSpecs(units),
    logits: (weights, inputs) => activations(tf, layersOf(weights), inputs).at(-1) as Tensor2D,
    lossAndGradients: (weights, inputs, targets) => {
      const layers = layersOf(weights);
      const outputs = activations(tf, layers, inputs);
      const logits = outputs.at(-1) as Tensor2D;
      const probabilities = tf.softmax(logits);
      const logarithms = tf.log(tf.clipByValue(probabilities, SMALLEST_PROBABILITY, 1));
      const lossSum = tf.neg(tf.sum(tf.mul(targets, logarithms)));
      // The derivative of the mean cross entropy by the logits.
      let slope: Tensor2D = tf.mul(tf.sub(probabilities, targets), 1 / inputs.shape[0]);
      const gradients: Tensor[] = [];
      for (let index = layers.length - 1; index >= 0; index -= 1) {
        const input = index === 0 ? inputs : outputs[index - 1]!;
        // Transposed first: the backend multiplies transposed matrices in a plain loop.
        gradients.unshift(tf.matMul(tf.transpose(input), slope), tf.sum(slope, 0));
        if (index > 0) slope = tf.mul(tf.matMul(slope, tf.transpose(layers[index]!.kernel)), tf.step(input));
      }
      // A sum over all axes is one number.
      return { lossSum: lossSum as Scalar, gradients };
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
