import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../../models/model.ts';
import type { KernelHost } from '../kernel-host.ts';
import type { Replacement } from '../replace-kernels.ts';

interface Attributes {
  readonly axis?: number | number[];
  readonly keepDims?: boolean;
}

/** Sums and means over axes that lie next to each other, such as the gradients of biases, and the gradient of gather. */
export function reductionKernels(tf: TensorFlow, { backend, addressOf, kernels }: KernelHost): Replacement[] {
  const reduce =
    (isMean: boolean) =>
    ({ x }: NamedTensorInfoMap, attributes: NamedAttrMap): TensorInfo | undefined => {
      if (x?.dtype !== 'float32') return undefined;
      // What the library's operations hand to kernels of these names.
      const { axis = [], keepDims = false } = attributes as Attributes;
      const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
      const [first, last] = [axes[0], axes.at(-1)];
      if (first === undefined || last === undefined || last - first !== axes.length - 1) return undefined;
      const [outer, reduced, inner] = [
        sizeOf(x.shape.slice(0, first)),
        sizeOf(x.shape.slice(first, last + 1)),
        sizeOf(x.shape.slice(last + 1)),
      ];
      if (reduced === 0) return undefined;
      const middle = keepDims ? axes.map(() => 1) : [];
      const out = backend.makeOutput(
        [...x.shape.slice(0, first), ...middle, ...x.shape.slice(last + 1)],
        'float32',
      );
      const [from, to] = [addressOf(x), addressOf(out)];
      if (inner === 1) kernels.rowSums(from, outer, reduced, to);
      else {
        kernels.clear(to, outer * inner * 4);
        for (let index = 0; index < outer; index += 1) {
          const rows = from + index * reduced * inner * 4;
          kernels.addColumnSums(rows, reduced, inner, to + index * inner * 4);
        }
      }
      if (isMean) kernels.scale(to, outer * inner, 1 / reduced);
      return out;
    };
  return [
    { name: 'Sum', run: reduce(false) },
    { name: 'Mean', run: reduce(true) },
    {
      name: 'UnsortedSegmentSum',
      run: ({ x, segmentIds }, attributes) => {
        // What the library's operation hands to a kernel of this name.
        const { numSegments } = attributes as { readonly numSegments: number };
        if (x?.dtype !== 'float32' || segmentIds?.dtype !== 'int32' || segmentIds.shape.length !== 1) {
          return undefined;
        }
        const [count = 0, ...rest] = x.shape;
        const out = backend.makeOutput([numSegments, ...rest], 'float32');
        const addresses = [addressOf(x), addressOf(segmentIds)] as const;
        kernels.addSegments(...addresses, count, sizeOf(rest), numSegments, addressOf(out));
        return out;
      },
    },
    {
      // A tensor never changes in place, so that a copy may share its memory.
      name: 'Identity',
      run: ({ x }) => {
        if (x === undefined) return undefined;
        backend.incRef(x.dataId);
        return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
      },
    },
  ];
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
