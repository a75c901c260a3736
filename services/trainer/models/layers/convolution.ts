import type { NamedAttrMap, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../model.ts';
import type { MakeLayer } from './layer.ts';

interface ConvolutionOptions {
  readonly name: string;
  readonly channels: number;
  /** Height and width, odd numbers. */
  readonly kernel: readonly [number, number];
  /** Without one where a normalisation that follows takes it away. */
  readonly bias: boolean;
}

/** A convolution of stride 1 whose output is as large as its input. */
export function convolution(tf: TensorFlow, options: ConvolutionOptions): MakeLayer {
  const { name, channels, kernel, bias: hasBias } = options;
  const [high, wide] = kernel;
  return ([height = 1, width = 1, inputs = 1]) => ({
    outputShape: [height, width, channels],
    fused: { kind: 'convolution', channels, kernel, bias: hasBias },
    weights: [
      {
        name: `${name}/kernel`,
        shape: [high, wide, inputs, channels],
        initialiser: 'he-normal',
        role: 'trainable',
      },
      ...(hasBias
        ? [{ name: `${name}/bias`, shape: [channels], initialiser: 'zeros', role: 'trainable' } as const]
        : []),
    ],
    forward: ([filter, bias], input) => ({
      output: tf.fused.conv2d({
        // The layers before this one give places and channels.
        x: input as Tensor4D,
        filter: filter as Tensor4D,
        strides: 1,
        pad: 'same',
        ...(bias === undefined ? {} : { bias }),
      }),
      saved: [],
    }),
    backward: ([filter], input, _forward, slope) => {
      const bySlope = { x: input as Tensor4D, filter: filter as Tensor4D, slope: slope as Tensor4D };
      const filterGradient = gradientOfFilter(tf, bySlope);
      return {
        slope: gradientOfInput(tf, bySlope),
        gradients: hasBias
          ? [filterGradient, tf.sum(tf.reshape(slope, [-1, channels]), 0)]
          : [filterGradient],
      };
    },
  });
}

interface Convolved {
  readonly x: Tensor4D;
  readonly filter: Tensor4D;
  readonly slope: Tensor4D;
}

const ATTRIBUTES = { strides: 1, pad: 'same', dataFormat: 'NHWC' };

/** Whether the backend brings gradients of convolutions; the stock WASM backend has none for filters. */
function hasGradients(tf: TensorFlow): boolean {
  return tf.getKernel('Conv2DBackpropFilter', tf.getBackend()) !== undefined;
}

/** Where the backend has no kernel for it, a convolution with the examples as channels: their sum is what is wanted. */
function gradientOfFilter(tf: TensorFlow, { x, filter, slope }: Convolved): Tensor4D {
  const [high, wide] = filter.shape;
  if (hasGradients(tf)) {
    const attributes: NamedAttrMap = { ...ATTRIBUTES, filterShape: filter.shape };
    // The kernel gives one tensor of the filter's shape.
    return tf.engine().runKernel('Conv2DBackpropFilter', { x, dy: slope }, attributes) as Tensor as Tensor4D;
  }
  const [above, left] = [Math.floor(high / 2), Math.floor(wide / 2)];
  const padded = tf.pad(x, [
    [0, 0],
    [above, high - 1 - above],
    [left, wide - 1 - left],
    [0, 0],
  ]);
  const byChannel: Tensor4D = tf.transpose(padded, [3, 1, 2, 0]);
  const slopes: Tensor4D = tf.transpose(slope, [1, 2, 0, 3]);
  return tf.transpose(tf.conv2d(byChannel, slopes, 1, 'valid'), [1, 2, 0, 3]);
}

/** A convolution of the slope with the filter turned round. */
function gradientOfInput(tf: TensorFlow, { x, filter, slope }: Convolved): Tensor4D {
  if (hasGradients(tf)) {
    const attributes: NamedAttrMap = { ...ATTRIBUTES, inputShape: x.shape };
    return tf
      .engine()
      .runKernel('Conv2DBackpropInput', { dy: slope, filter }, attributes) as Tensor as Tensor4D;
  }
  const turned: Tensor4D = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(slope, turned, 1, 'same');
}
