import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../../models/model.ts';
import type { KernelHost } from '../kernel-host.ts';
import { multiplyMatrices, productWorkspace } from '../multiply-matrices.ts';
import type { Replacement } from '../replace-kernels.ts';

interface Attributes {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly activation?: string;
}

/** Products of matrices and of stacks of them, transposed or not, with bias and ReLU. */
export function matrixKernels(tf: TensorFlow, host: KernelHost): Replacement[] {
  const { backend, addressOf } = host;
  const run = (inputs: NamedTensorInfoMap, attributes: NamedAttrMap): TensorInfo | undefined => {
    const { a, b, bias, preluActivationWeights } = inputs;
    // What the library's operations hand to kernels of these names.
    const { transposeA = false, transposeB = false, activation = 'linear' } = attributes as Attributes;
    if (a?.dtype !== 'float32' || b?.dtype !== 'float32' || preluActivationWeights) return undefined;
    if (activation !== 'linear' && activation !== 'relu') return undefined;
    if (bias && bias.shape.length !== 1) return undefined;
    const [high, wide] = a.shape.slice(-2) as [number, number];
    const [rows, depth] = transposeA ? [wide, high] : [high, wide];
    const columns = b.shape.at(transposeB ? -2 : -1)!;
    if (bias && bias.shape[0] !== columns) return undefined;
    const [batchA, batchB] = [a, b].map(({ shape }) => sizeOf(shape.slice(0, -2))) as [number, number];
    // Stacks that repeat in some dimensions only are left to the backend.
    if (batchA !== batchB && batchA !== 1 && batchB !== 1) return undefined;
    const stack = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const count = Math.max(batchA, batchB);
    if (sizeOf(stack) !== count) return undefined;
    const out = backend.makeOutput([...stack, rows, columns], 'float32');
    const [addressA, addressB, to] = [addressOf(a), addressOf(b), addressOf(out)];
    const workspace = host.workspace(productWorkspace(rows, depth, columns));
    for (let index = 0; index < count; index += 1) {
      multiplyMatrices(host, {
        rows,
        depth,
        columns,
        a: addressA + (batchA === 1 ? 0 : index * rows * depth * 4),
        aTransposed: transposeA,
        b: addressB + (batchB === 1 ? 0 : index * depth * columns * 4),
        bTransposed: transposeB,
        bias: bias ? addressOf(bias) : 0,
        relu: activation === 'relu',
        out: to + index * rows * columns * 4,
        workspace,
      });
    }
    return out;
  };
  return [
    { name: 'BatchMatMul', run },
    { name: '_FusedMatMul', run },
  ];
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
