import type * as TensorFlowCore from '@tensorflow/tfjs-core';
import type { TensorRole } from '../../../learning/update-header.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';

/** What a model is built with; the backend is chosen before. */
export type TensorFlow = typeof TensorFlowCore;

/** How the weights of version 0 are drawn. */
export type Initialiser = 'glorot-uniform' | 'he-normal' | 'zeros' | 'ones';

/** A tensor of the model. */
export interface WeightSpec extends TensorSpec {
  readonly initialiser: Initialiser;
  readonly role: TensorRole;
}

/** `training` normalises by the batch's own statistics, `inference` by the running ones. */
export type Mode = 'training' | 'inference';

/** What a training step needs to know of a batch. */
export interface LossAndGradients {
  /** The loss summed over the batch. */
  readonly lossSum: TensorFlowCore.Scalar;
  /** Of the mean loss, one a weight of the role `trainable`, in the order of `weights`. */
  readonly gradients: readonly TensorFlowCore.Tensor[];
  /** The new values of the weights of the role `statistic`, in the order of `weights`. */
  readonly statistics: readonly TensorFlowCore.Tensor[];
}

/**
 * A model architecture with its shapes. It holds no weights: they are handed in, so that a step never writes a tensor
 * in place (the backend caches what it derives from a tensor and would go on with the old values).
 */
export interface Model {
  readonly kind: 'classifier' | 'autoencoder';
  /** Of one example. */
  readonly inputShape: readonly number[];
  /** Of the answer for one example. */
  readonly outputShape: readonly number[];
  readonly weights: readonly WeightSpec[];
  /**
   * The outputs before the softmax, one row an example.
   * @param inputs a batch of `inputShape`.
   * @defaultValue mode `inference`
   */
  logits(
    weights: readonly TensorFlowCore.Tensor[],
    inputs: TensorFlowCore.Tensor,
    mode?: Mode,
  ): TensorFlowCore.Tensor2D;
  /** In training mode. @param targets one row an example: what it counts, usually 1, at its class. */
  lossAndGradients(
    weights: readonly TensorFlowCore.Tensor[],
    inputs: TensorFlowCore.Tensor,
    targets: TensorFlowCore.Tensor2D,
  ): LossAndGradients;
  /** The gradient of the batch's mean loss by the inputs, in inference mode. */
  inputGradient(
    weights: readonly TensorFlowCore.Tensor[],
    inputs: TensorFlowCore.Tensor,
    targets: TensorFlowCore.Tensor2D,
  ): TensorFlowCore.Tensor;
}

/** The sizes that the data profile gives a model. */
export interface ModelSizes {
  /** Of one example's features: `[bands]`, or `[frames, bands]`. */
  readonly featureShape: readonly number[];
  readonly classes: number;
}
