import type * as TensorFlowCore from '@tensorflow/tfjs-core';
import type { TensorRole } from '../../../learning/update-header.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';

/** What a model is built with; the backend is chosen before. */
export type TensorFlow = typeof TensorFlowCore;

/** How the weights of version 0 are drawn. */
export type Initialiser = 'glorot-uniform' | 'zeros';

/** A tensor of the model. */
export interface WeightSpec extends TensorSpec {
  readonly initialiser: Initialiser;
  readonly role: TensorRole;
}

/** What a training step needs to know of a batch. */
export interface LossAndGradients {
  /** Cross entropy summed over the batch. */
  readonly lossSum: TensorFlowCore.Scalar;
  /** Of the mean cross entropy, one a weight, in the order of `weights`. */
  readonly gradients: readonly TensorFlowCore.Tensor[];
}

/**
 * A model architecture with its shapes. It holds no weights: they are handed in, so that a step never writes a tensor
 * in place (the backend caches what it derives from a tensor and would go on with the old values).
 */
export interface Model {
  /** Of one example. */
  readonly inputShape: readonly number[];
  /** Of the answer for one example. */
  readonly outputShape: readonly number[];
  readonly weights: readonly WeightSpec[];
  /** The outputs before the softmax, one row an example. */
  logits(weights: readonly TensorFlowCore.Tensor[], inputs: TensorFlowCore.Tensor2D): TensorFlowCore.Tensor2D;
  /** @param targets one row an example, 1 at its class. */
  lossAndGradients(
    weights: readonly TensorFlowCore.Tensor[],
    inputs: TensorFlowCore.Tensor2D,
    targets: TensorFlowCore.Tensor2D,
  ): LossAndGradients;
}

/** The sizes that the data profile gives a model. */
export interface ModelSizes {
  readonly features: number;
  readonly classes: number;
}
