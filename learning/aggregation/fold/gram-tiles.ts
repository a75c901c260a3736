import { openKernels } from '../kernels.ts';
import type { GramTask, Tile } from './fold-task.ts';
import { RowReader } from './row-reader.ts';
import type { SpoolFiles } from './spool-files.ts';
import { decodedBytes, stagingBytes, TileReader } from './tile-reader.ts';
import { tileLength } from './tiles.ts';

/** What adds the tiles' inner products, and what hands the sum out and begins anew. */
export interface GramTiles {
  add(tile: Tile): void;
  /** Row by row, those with column >= row. */
  take(): Float64Array;
}

/** @throws CodedError `E_UPDATE_OUT_OF_RANGE` from `add`. */
export function gramTiles(wasm: Uint8Array, task: GramTask, files: SpoolFiles): GramTiles {
  const length = tileLength(task);
  const rowBytes = decodedBytes(length);
  // The kernel takes rows two by two; the last one of an odd number is beside a row of zeros.
  const rowCount = Math.ceil(task.rows.length / 2) * 2;
  const productBytes = rowCount * rowCount * 8;
  const { kernels, places } = openKernels(wasm, [
    stagingBytes(length),
    2 * rowBytes,
    rowBytes,
    rowCount * rowBytes,
    productBytes,
  ]);
  const [staging, sums, member, rows, products] = places as [number, number, number, number, number];
  const reader = new RowReader(task, kernels, new TileReader(kernels, files, staging), sums, member);
  const matrix = new Float64Array(kernels.memory.buffer, products, rowCount * rowCount);

  return {
    add(tile) {
      for (let row = 0; row < task.rows.length; row++) reader.read(row, tile, rows + row * rowBytes);
      kernels.addGram(rows, rowBytes, rowCount, Math.ceil(tile.count / 4) * 4, products);
    },
    take() {
      const taken = new Float64Array(task.rows.length ** 2);
      for (let row = 0; row < task.rows.length; row++) {
        const line = matrix.subarray(row * rowCount, row * rowCount + task.rows.length);
        taken.set(line, row * task.rows.length);
      }
      matrix.fill(0);
      return taken;
    },
  };
}
