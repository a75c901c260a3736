import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../../models/model.ts';
import type { KernelHost } from '../kernel-host.ts';
import type { Replacement } from '../replace-kernels.ts';

/** Copies where the numbers lie one after another; the backend's own slice first copies the whole tensor. */
export function copyKernels(tf: TensorFlow, { backend, addressOf, kernels }: KernelHost): Replacement[] {
  const rowSize = ({ shape }: TensorInfo) => sizeOf(shape.slice(1));
  /** Rows of a tensor from one on. */
  const takeRows = (x: TensorInfo, first: number, shape: number[]): TensorInfo => {
    const out = backend.makeOutput(shape, x.dtype);
    const bytes = sizeOf(shape) * 4;
    kernels.copyBytes(addressOf(x) + first * rowSize(x) * 4, addressOf(out), bytes);
    return out;
  };
  const isNumeric = ({ dtype }: TensorInfo) => dtype === 'float32' || dtype === 'int32';
  return [
    {
      name: 'Slice',
      run: ({ x }, attributes) => {
        if (x === undefined || !isNumeric(x) || x.shape.length === 0) return undefined;
        // What the library's operation hands to a kernel of this name.
        const { begin, size } = attributes as { begin: number | number[]; size: number | number[] };
        // It gives both, though its types do not say so.
        const [starts, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
        const areWholeRows = sizes.every((length, axis) => axis === 0 || length === x.shape[axis]);
        return areWholeRows ? takeRows(x, starts[0]!, sizes) : undefined;
      },
    },
    {
      name: 'SplitV',
      run: ({ x }, attributes) => {
        if (x === undefined || !isNumeric(x)) return undefined;
        // What the library's operation hands to a kernel of this name.
        const { numOrSizeSplits, axis } = attributes as { numOrSizeSplits: number | number[]; axis: number };
        if (tf.util.parseAxisParam(axis, x.shape)[0] !== 0) return undefined;
        let first = 0;
        return tf.backend_util.prepareSplitSize(x, numOrSizeSplits, 0).map((rows) => {
          const part = takeRows(x, first, [rows, ...x.shape.slice(1)]);
          first += rows;
          return part;
        });
      },
    },
    {
      name: 'Concat',
      run: (inputs, attributes: NamedAttrMap) => {
        // What the library's operation hands to a kernel of this name.
        const { axis } = attributes as { readonly axis: number };
        const tensors = Object.values(inputs).filter((input) => input !== undefined);
        const [first] = tensors;
        if (first === undefined || tensors.some(({ dtype }) => dtype !== 'float32')) return undefined;
        if (tf.util.parseAxisParam(axis, first.shape)[0] !== 0) return undefined;
        const shape = tf.backend_util.computeOutShape(
          tensors.map((tensor) => tensor.shape),
          0,
        );
        const out = backend.makeOutput(shape, 'float32');
        let to = addressOf(out);
        for (const tensor of tensors) {
          const bytes = sizeOf(tensor.shape) * 4;
          kernels.copyBytes(addressOf(tensor), to, bytes);
          to += bytes;
        }
        return out;
      },
    },
  ];
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
