import type { NamedAttrMap, NamedTensorMap, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../model.ts';
import type { MakeLayer } from './layer.ts';

/**
 * The largest value of each window; windows do not overlap, and what is left at the edge is dropped. The gradient is the
 * backend's, on WASM that of our kernel: the one it replaces is wrong where a window's maximum is negative.
 * @param window height and width.
 */
export function maxPool(tf: TensorFlow, window: readonly [number, number]): MakeLayer {
  const [high, wide] = window;
  const filterSize: [number, number] = [high, wide];
  return ([height = 1, width = 1, channels = 1]) => ({
    outputShape: [Math.floor(height / high), Math.floor(width / wide), channels],
    fused: { kind: 'max-pool', window },
    weights: [],
    forward: (_weights, input) => ({
      output: tf.maxPool(input as Tensor4D, filterSize, filterSize, 'valid'),
      saved: [],
    }),
    backward: (_weights, input, { output }, slope) => ({
      slope: runKernel(
        tf,
        'MaxPoolGrad',
        { dy: slope, input, output },
        {
          filterSize,
          strides: filterSize,
          pad: 'valid',
        },
      ),
      gradients: [],
    }),
  });
}

function runKernel(
  tf: TensorFlow,
  name: string,
  inputs: Record<string, Tensor>,
  attributes: NamedAttrMap,
): Tensor {
  // A kernel takes tensors of any rank by name, and these give one tensor.
  return tf.engine().runKernel(name, inputs as NamedTensorMap, attributes) as Tensor;
}
