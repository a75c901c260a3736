import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../../models/model.ts';
import type { KernelHost } from '../kernel-host.ts';
import type { Replacement } from '../replace-kernels.ts';

type Four = [number, number, number, number];

interface Attributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly inputShape?: Four;
  readonly filterShape?: Four;
}

/** Gradients of depthwise convolutions by input and filter, which the WASM backend lacks. */
export function depthwiseKernels(tf: TensorFlow, host: KernelHost): Replacement[] {
  const { backend, addressOf, kernels } = host;
  const prepare = (input: Four, filter: Four, attributes: Attributes) => {
    const { strides, pad, dilations = 1, dimRoundingMode } = attributes;
    const compute = tf.backend_util.computeConv2DInfo;
    const shapes = compute(input, filter, strides, dilations, pad, dimRoundingMode, true);
    const { outHeight, outWidth, strideHeight, strideWidth, effectiveFilterHeight, padInfo } = shapes;
    const { effectiveFilterWidth, inHeight, inWidth } = shapes;
    const height = Math.max((outHeight - 1) * strideHeight + effectiveFilterHeight, inHeight + padInfo.top);
    const width = Math.max((outWidth - 1) * strideWidth + effectiveFilterWidth, inWidth + padInfo.left);
    const window = [shapes.filterHeight, shapes.filterWidth, strideHeight, strideWidth] as const;
    const rest = [shapes.dilationHeight, shapes.dilationWidth, outHeight, outWidth] as const;
    const frameBytes = height * width * shapes.inChannels * 4;
    return { shapes, height, width, frameBytes, windows: [...window, ...rest] as const };
  };
  return [
    {
      name: 'DepthwiseConv2dNativeBackpropFilter',
      run: ({ x, dy }, attributes) => {
        const read = readAttributes(attributes);
        if (x?.dtype !== 'float32' || dy?.dtype !== 'float32' || !read.filterShape) return undefined;
        const { shapes, height, width, frameBytes, windows } = prepare(
          x.shape as Four,
          read.filterShape,
          read,
        );
        const { inHeight, inWidth, inChannels, padInfo, outChannels } = shapes;
        const multiplier = outChannels / inChannels;
        const out = backend.makeOutput(read.filterShape, 'float32');
        const framed = host.workspace(frameBytes);
        const [from, slopes, to] = [addressOf(x), addressOf(dy), addressOf(out)];
        kernels.clear(
          to,
          read.filterShape.reduce((size, length) => size * length, 4),
        );
        for (let image = 0; image < shapes.batchSize; image += 1) {
          const own = from + image * inHeight * inWidth * inChannels * 4;
          const size = [inHeight, inWidth, inChannels, 1, 1, padInfo.top, padInfo.left] as const;
          kernels.frameImage(own, ...size, height, width, framed);
          const slope = slopes + image * shapes.outHeight * shapes.outWidth * outChannels * 4;
          kernels.addDepthwiseFilterGradient(framed, width, inChannels, multiplier, slope, ...windows, to);
        }
        return out;
      },
    },
    {
      name: 'DepthwiseConv2dNativeBackpropInput',
      run: ({ dy, filter }, attributes) => {
        const read = readAttributes(attributes);
        if (dy?.dtype !== 'float32' || filter?.dtype !== 'float32' || !read.inputShape) return undefined;
        const { shapes, width, frameBytes, windows } = prepare(read.inputShape, filter.shape as Four, read);
        const { inHeight, inWidth, inChannels, padInfo, outChannels } = shapes;
        const multiplier = outChannels / inChannels;
        const out = backend.makeOutput(read.inputShape, 'float32');
        const framed = host.workspace(frameBytes);
        const [slopes, taps, to] = [addressOf(dy), addressOf(filter), addressOf(out)];
        for (let image = 0; image < shapes.batchSize; image += 1) {
          kernels.clear(framed, frameBytes);
          const slope = slopes + image * shapes.outHeight * shapes.outWidth * outChannels * 4;
          kernels.addDepthwiseInputGradient(framed, width, inChannels, multiplier, slope, taps, ...windows);
          const own = to + image * inHeight * inWidth * inChannels * 4;
          kernels.unframeImage(framed, width, inChannels, padInfo.top, padInfo.left, inHeight, inWidth, own);
        }
        return out;
      },
    },
  ];
}

function readAttributes(attributes: NamedAttrMap): Attributes {
  // What the library's operations hand to kernels of these names.
  return attributes as unknown as Attributes;
}
