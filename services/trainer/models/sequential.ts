import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { fusedStack } from '../backends/wasm/fused-stack.ts';
import type { Forward, Layer, MakeLayer } from './layers/layer.ts';
import type { Mode, Model, TensorFlow } from './model.ts';

/** Smaller ones count as this in the loss: their logarithm would not be finite. */
const SMALLEST_PROBABILITY = 1e-30;

/**
 * The cross entropy of a batch, and the derivative of its mean by the logits.
 * @param targets one row an example: what the example counts, at its class.
 */
export function crossEntropy(
  tf: TensorFlow,
  logits: Tensor2D,
  targets: Tensor2D,
): { readonly lossSum: Scalar; readonly slope: Tensor2D } {
  const probabilities = tf.softmax(logits);
  const logarithms = tf.log(tf.clipByValue(probabilities, SMALLEST_PROBABILITY, 1));
  return {
    // A sum over all axes is one number.
    lossSum: tf.neg(tf.sum(tf.mul(targets, logarithms))) as Scalar,
    slope: tf.mul(tf.sub(tf.mul(probabilities, tf.sum(targets, 1, true)), targets), 1 / logits.shape[0]),
  };
}

/**
 * A classifier of one layer after the other, its outputs before the softmax, with cross entropy as its loss.
 * @param inputShape of one example.
 */
export function sequentialClassifier(
  tf: TensorFlow,
  inputShape: readonly number[],
  makeLayers: readonly MakeLayer[],
): Model {
  const layers: Layer[] = [];
  for (const make of makeLayers) layers.push(make(layers.at(-1)?.outputShape ?? inputShape));
  const quick = fusedStack(
    tf,
    inputShape,
    layers.map(({ fused }) => fused),
    'cross-entropy',
  );
  const parts = (weights: readonly Tensor[]): (readonly Tensor[])[] => {
    let end = 0;
    return layers.map((layer) => {
      end += layer.weights.length;
      return weights.slice(end - layer.weights.length, end);
    });
  };
  const forward = (own: readonly (readonly Tensor[])[], inputs: Tensor, mode: Mode): Forward[] => {
    let input = inputs;
    return layers.map((layer, index) => {
      const result = layer.forward(own[index]!, input, mode);
      input = result.output;
      return result;
    });
  };
  /** Gradients of the weights, layer by layer, and by the inputs. */
  const backward = (
    own: readonly (readonly Tensor[])[],
    inputs: Tensor,
    forwards: readonly Forward[],
    slope: Tensor,
    mode: Mode,
  ) => {
    const gradients: (readonly Tensor[])[] = [];
    let current = slope;
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      const input = index === 0 ? inputs : forwards[index - 1]!.output;
      const result = layers[index]!.backward(own[index]!, input, forwards[index]!, current, mode);
      gradients.unshift(result.gradients);
      current = result.slope;
    }
    return { gradients: gradients.flat(), slope: current };
  };
  // The last layer gives one row an example.
  const logitsOf = (forwards: readonly Forward[]) => forwards.at(-1)!.output as Tensor2D;
  return {
    kind: 'classifier',
    inputShape,
    outputShape: layers.at(-1)?.outputShape ?? inputShape,
    weights: layers.flatMap(({ weights }) => weights),
    logits: (weights, inputs, mode = 'inference') => logitsOf(forward(parts(weights), inputs, mode)),
    lossAndGradients: (weights, inputs, targets) => {
      const step = quick.lossAndGradients(weights, inputs, targets);
      if (step !== undefined) return { ...step, statistics: [] };
      const own = parts(weights);
      const forwards = forward(own, inputs, 'training');
      const { lossSum, slope } = crossEntropy(tf, logitsOf(forwards), targets);
      const { gradients } = backward(own, inputs, forwards, slope, 'training');
      return { lossSum, gradients, statistics: forwards.flatMap(({ statistics = [] }) => statistics) };
    },
    inputGradient: (weights, inputs, targets) => {
      const inputSlope = quick.inputGradient(weights, inputs, targets);
      if (inputSlope !== undefined) return inputSlope;
      const own = parts(weights);
      const forwards = forward(own, inputs, 'inference');
      const { slope } = crossEntropy(tf, logitsOf(forwards), targets);
      return backward(own, inputs, forwards, slope, 'inference').slope;
    },
  };
}
