import type { Tensor } from '@tensorflow/tfjs-core';
import type { StackLayer } from '../../backends/wasm/stack/stack-layer.ts';
import type { Mode, WeightSpec } from '../model.ts';

/** What a layer makes of its input, and what it needs for its gradients. */
export interface Forward {
  readonly output: Tensor;
  /** Intermediate tensors, in an order of the layer's own. */
  readonly saved: readonly Tensor[];
  /** New values of the layer's weights of the role `statistic`; only in training mode. */
  readonly statistics?: readonly Tensor[];
}

/** The gradients of one layer. */
export interface Backward {
  /** By the layer's input. */
  readonly slope: Tensor;
  /** One a weight of the role `trainable`. */
  readonly gradients: readonly Tensor[];
}

/**
 * A layer of a network with its gradients written out: the library's build for Node registers none for its tape. All
 * functions run inside `tf.tidy`.
 */
export interface Layer {
  /** Of one example. */
  readonly outputShape: readonly number[];
  readonly weights: readonly WeightSpec[];
  /** The same for the fused training step, if it knows the layer. */
  readonly fused?: StackLayer;
  forward(weights: readonly Tensor[], input: Tensor, mode: Mode): Forward;
  /** @param forward what `forward` gave for the input. @param slope the gradient by the layer's output. */
  backward(weights: readonly Tensor[], input: Tensor, forward: Forward, slope: Tensor, mode: Mode): Backward;
}

/** Makes a layer for the shape of what comes into it. */
export type MakeLayer = (inputShape: readonly number[]) => Layer;
