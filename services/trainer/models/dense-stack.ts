import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { StackLayer } from '../backends/wasm/stack/stack-layer.ts';
import type { TensorFlow, WeightSpec } from './model.ts';

/** Kernel and bias of each layer, as the model's weights come. */
type Layers = readonly { readonly kernel: Tensor2D; readonly bias: Tensor }[];

/**
 * Fully connected layers with ReLU between them, none behind the last. The gradients are written out, one kernel call a
 * term: the library's build for Node registers no gradients for its tape. All functions run inside `tf.tidy`.
 */
export interface DenseStack {
  readonly weights: readonly WeightSpec[];
  /** Output of each layer. */
  forward(weights: readonly Tensor[], inputs: Tensor2D): Tensor2D[];
  /**
   * The gradients of the weights.
   * @param outputs of `forward`. @param slope the gradient by the last output.
   */
  gradients(
    weights: readonly Tensor[],
    inputs: Tensor2D,
    outputs: readonly Tensor2D[],
    slope: Tensor2D,
  ): Tensor[];
  /** The gradient by the inputs. */
  inputGradient(weights: readonly Tensor[], outputs: readonly Tensor2D[], slope: Tensor2D): Tensor2D;
}

/** @param units of the inputs, of each hidden layer and of the outputs. */
export function denseStack(tf: TensorFlow, units: readonly number[]): DenseStack {
  return {
    weights: weightSpecs(units),
    forward: (weights, inputs) => activations(tf, layersOf(weights), inputs),
    gradients: (weights, inputs, outputs, last) => {
      const layers = layersOf(weights);
      let slope = last;
      const gradients: Tensor[] = [];
      for (let index = layers.length - 1; index >= 0; index -= 1) {
        const input = index === 0 ? inputs : outputs[index - 1]!;
        gradients.unshift(tf.matMul(input, slope, true), tf.sum(slope, 0));
        if (index > 0) slope = tf.mul(tf.matMul(slope, layers[index]!.kernel, false, true), tf.step(input));
      }
      return gradients;
    },
    inputGradient: (weights, outputs, last) => {
      const layers = layersOf(weights);
      let slope = last;
      for (let index = layers.length - 1; index >= 0; index -= 1) {
        slope = tf.matMul(slope, layers[index]!.kernel, false, true);
        if (index > 0) slope = tf.mul(slope, tf.step(outputs[index - 1]!));
      }
      return slope;
    },
  };
}

/** The layers for the fused training step. @param units of each hidden layer and of the outputs. */
export function fusedLayers(units: readonly number[]): StackLayer[] {
  return units.flatMap((each, index): StackLayer[] => {
    const layer: StackLayer = { kind: 'dense', units: each };
    return index < units.length - 1 ? [layer, { kind: 'relu' }] : [layer];
  });
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
