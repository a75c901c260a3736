import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../../models/model.ts';
import {
  alongRows,
  convolutionFilterGradient,
  convolutionInputGradient,
  convolve,
  isPlain,
} from '../convolve.ts';
import type { KernelHost } from '../kernel-host.ts';
import type { Replacement } from '../replace-kernels.ts';

type Four = [number, number, number, number];

/** Attributes of the library's convolution kernels, as far as we read them. */
interface Attributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly inputShape?: Four;
  readonly filterShape?: Four;
  readonly activation?: string;
}

/** Forward convolution with bias and ReLU, and both gradients. */
export function convolutionKernels(tf: TensorFlow, host: KernelHost): Replacement[] {
  const { backend, addressOf, kernels } = host;
  const shapesOf = (input: Four, filter: Four, { strides, pad, ...rest }: Attributes) => {
    const format = tf.backend_util.convertConv2DDataFormat(rest.dataFormat ?? 'NHWC');
    const { dilations = 1, dimRoundingMode } = rest;
    const compute = tf.backend_util.computeConv2DInfo;
    return compute(input, filter, strides, dilations, pad, dimRoundingMode, false, format);
  };
  /** The library lets one number be the bias of all channels. */
  const oneForEach = (bias: TensorInfo, channels: number): TensorInfo => {
    const each = backend.makeOutput([channels], 'float32');
    kernels.spreadRow(addressOf(bias), 1, 1, channels, addressOf(each));
    return each;
  };
  const forward = (inputs: NamedTensorInfoMap, attributes: NamedAttrMap): TensorInfo | undefined => {
    const { x, filter, bias, preluActivationWeights } = inputs;
    const { activation = 'linear', ...rest } = read(attributes);
    if (x?.dtype !== 'float32' || filter?.dtype !== 'float32' || preluActivationWeights) return undefined;
    if (activation !== 'linear' && activation !== 'relu') return undefined;
    const shapes = shapesOf(x.shape as Four, filter.shape as Four, rest);
    if (!isPlain(shapes) || (bias && ![1, shapes.outChannels].includes(sizeOf(bias)))) return undefined;
    const out = backend.makeOutput(shapes.outShape, 'float32');
    const each = bias && sizeOf(bias) < shapes.outChannels ? oneForEach(bias, shapes.outChannels) : bias;
    convolve(host, alongRows(shapes), {
      x: addressOf(x),
      filter: addressOf(filter),
      bias: each ? addressOf(each) : 0,
      relu: activation === 'relu',
      out: addressOf(out),
    });
    if (each && each !== bias) backend.disposeData(each.dataId);
    return out;
  };
  return [
    { name: 'Conv2D', run: forward },
    { name: 'FusedConv2D', run: forward },
    {
      name: 'Conv2DBackpropFilter',
      run: ({ x, dy }, attributes) => {
        const { filterShape, ...rest } = read(attributes);
        if (x?.dtype !== 'float32' || dy?.dtype !== 'float32' || !filterShape) return undefined;
        const shapes = shapesOf(x.shape as Four, filterShape, rest);
        if (!isPlain(shapes)) return undefined;
        const out = backend.makeOutput(filterShape, 'float32');
        convolutionFilterGradient(host, alongRows(shapes), {
          x: addressOf(x),
          slopes: addressOf(dy),
          out: addressOf(out),
        });
        return out;
      },
    },
    {
      name: 'Conv2DBackpropInput',
      run: ({ dy, filter }, attributes) => {
        const { inputShape, ...rest } = read(attributes);
        if (dy?.dtype !== 'float32' || filter?.dtype !== 'float32' || !inputShape) return undefined;
        const shapes = shapesOf(inputShape, filter.shape as Four, rest);
        if (!isPlain(shapes)) return undefined;
        const out = backend.makeOutput(inputShape, 'float32');
        const addresses = { slopes: addressOf(dy), filter: addressOf(filter), out: addressOf(out) };
        convolutionInputGradient(host, alongRows(shapes), addresses);
        return out;
      },
    },
  ];
}

function sizeOf({ shape }: TensorInfo): number {
  return shape.reduce((size, length) => size * length, 1);
}

function read(attributes: NamedAttrMap): Attributes {
  // What the library's operations hand to kernels of these names.
  return attributes as unknown as Attributes;
}
