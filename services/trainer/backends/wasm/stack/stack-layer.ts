/** A layer that the fused training step knows, in the terms of its models. Images are rows × columns × channels. */
export type StackLayer =
  | { readonly kind: 'dense'; readonly units: number }
  | {
      /** Of stride 1, its output as large as its input. */
      readonly kind: 'convolution';
      readonly channels: number;
      readonly kernel: readonly [number, number];
      readonly bias: boolean;
    }
  | { readonly kind: 'relu' }
  | {
      /** Windows side by side; what is left at the edge is dropped. */
      readonly kind: 'max-pool';
      readonly window: readonly [number, number];
    }
  | { readonly kind: 'group-norm'; readonly groups: number; readonly epsilon: number }
  | { readonly kind: 'global-average' };

/** `cross-entropy` of a softmax against a row that sums to what the example counts; or the row's mean squared error. */
export type StackLoss = 'cross-entropy' | 'squared-error';
