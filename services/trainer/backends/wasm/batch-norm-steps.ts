import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../models/model.ts';
import { kernelHost } from './kernel-host.ts';

/** Numbers of double precision that a kernel sums channels in, in bytes. */
const workBytes = (channels: number): number => Math.ceil(channels / 4) * 32;

/**
 * Mean and variance of each channel over all places.
 * @param values one row a place.
 * @returns undefined where the library does not compute with our kernels now.
 */
export function fusedMoments(
  tf: TensorFlow,
  values: Tensor2D,
): { readonly mean: Tensor1D; readonly variance: Tensor1D } | undefined {
  const host = kernelHost(tf);
  if (host === undefined) return undefined;
  const [places, channels] = values.shape;
  const [mean, variance] = twice(() => host.newTensor([channels]) as Tensor1D);
  const [from, ...to] = [values, mean, variance].map(host.addressOf) as [number, number, number];
  host.kernels.channelMoments(from, places, channels, ...to, host.workspace(workBytes(channels)));
  return { mean, variance };
}

/** `(values - mean) * factor + offset` of each channel; undefined as above. */
export function fusedScaleAndShift(
  tf: TensorFlow,
  values: Tensor2D,
  parts: { readonly mean: Tensor1D; readonly factor: Tensor1D; readonly offset: Tensor1D },
): Tensor2D | undefined {
  const host = kernelHost(tf);
  if (host === undefined) return undefined;
  const out = host.newTensor(values.shape) as Tensor2D;
  const own = [parts.mean, parts.factor, parts.offset, out].map(host.addressOf);
  host.kernels.scaleAndShift(host.addressOf(values), ...values.shape, ...own);
  return out;
}

/** Sums of the slopes of each channel, and of the slopes times `values - mean`; undefined as above. */
export function fusedSlopeSums(
  tf: TensorFlow,
  { values, slopes, mean }: { readonly values: Tensor2D; readonly slopes: Tensor2D; readonly mean: Tensor1D },
): { readonly sum: Tensor1D; readonly product: Tensor1D } | undefined {
  const host = kernelHost(tf);
  if (host === undefined) return undefined;
  const [places, channels] = values.shape;
  const [sum, product] = twice(() => host.newTensor([channels]) as Tensor1D);
  const from = [values, slopes].map(host.addressOf);
  const own = [mean, sum, product].map(host.addressOf);
  const work = host.workspace(2 * workBytes(channels));
  host.kernels.channelSlopeSums(...from, places, channels, ...own, work);
  return { sum, product };
}

/** `slopes * bySlope + (values - mean) * byValue + rest` of each channel; undefined as above. */
export function fusedSlopes(
  tf: TensorFlow,
  values: Tensor2D,
  slopes: Tensor2D,
  parts: {
    readonly mean: Tensor1D;
    readonly bySlope: Tensor1D;
    readonly byValue: Tensor1D;
    readonly rest: Tensor1D;
  },
): Tensor2D | undefined {
  const host = kernelHost(tf);
  if (host === undefined) return undefined;
  const out = host.newTensor(values.shape) as Tensor2D;
  const from = [values, slopes].map(host.addressOf);
  const own = [parts.mean, parts.bySlope, parts.byValue, parts.rest, out].map(host.addressOf);
  host.kernels.channelSlopes(...from, ...values.shape, ...own);
  return out;
}

function twice<Value>(make: () => Value): [Value, Value] {
  return [make(), make()];
}
