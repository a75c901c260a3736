import type { KernelHost } from './kernel-host.ts';

/** One product of matrices; addresses in bytes. */
interface Product {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly a: number;
  /** The left matrix is stored `depth` × `rows`. */
  readonly aTransposed: boolean;
  readonly b: number;
  /** The right matrix is stored `columns` × `depth`. */
  readonly bTransposed: boolean;
  /** Address of `columns` numbers; 0 for none. */
  readonly bias: number;
  readonly relu: boolean;
  readonly out: number;
  /** At least `productWorkspace` bytes. */
  readonly workspace: number;
}

/** From so many rows on it pays to pack the right matrix even where it could be read in its place. */
const PACKED_FROM_ROWS = 128;

/** A transposed left matrix is read over so many rows at a time: each is a cache line of its own, and all must stay. */
const TRANSPOSED_DEPTH = 64;

/** Bytes of working memory that a product may need. */
export function productWorkspace(rows: number, depth: number, columns: number): number {
  return panelBytes(depth, columns) + rows * 32;
}

/** Bytes of a `depth` × `columns` matrix in panels of eight columns. */
export function panelBytes(depth: number, columns: number): number {
  return Math.ceil(columns / 8) * depth * 32;
}

/** `out = a · b + bias`, with nothing below zero for `relu`. */
export function multiplyMatrices({ kernels, zeros }: KernelHost, product: Product): void {
  const { rows, depth, columns, a, aTransposed, b, bTransposed, bias, relu, out, workspace } = product;
  const packed = bTransposed || columns % 8 !== 0 || rows >= PACKED_FROM_ROWS;
  let right = b;
  if (packed) {
    right = workspace;
    const [depthStep, columnStep] = bTransposed ? [4, depth * 4] : [columns * 4, 4];
    kernels.packPanels(b, depthStep, columnStep, depth, columns, right);
  }
  const bStep = packed ? 32 : columns * 4;
  const panelStep = packed ? depth * 32 : 32;
  const edge = workspace + panelBytes(depth, columns);
  const [rowStep, depthStep] = aTransposed ? [4, rows * 4] : [depth * 4, 4];
  const block = aTransposed && depth > 1.5 * TRANSPOSED_DEPTH ? TRANSPOSED_DEPTH : depth;
  const lines = columns * 4;
  let [init, initStep] = [bias === 0 ? zeros(columns) : bias, 0];
  // An empty sum is the bias alone.
  for (let begin = 0; begin < depth || (depth === 0 && begin === 0); begin += Math.max(block, 1)) {
    const count = Math.min(block, depth - begin);
    const floor = relu && begin + count === depth ? 0 : Number.NEGATIVE_INFINITY;
    kernels.multiply(
      rows,
      count,
      columns,
      a + begin * depthStep,
      rowStep,
      depthStep,
      right + begin * bStep,
      bStep,
      panelStep,
      init,
      initStep,
      out,
      lines,
      floor,
      edge,
    );
    [init, initStep] = [out, lines];
  }
}
