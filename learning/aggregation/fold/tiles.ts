import type { FoldTask, Tile } from './fold-task.ts';

/** Elements of a sum's tile: its sums and four updates' tiles stay in a core's own cache. */
const SUM_TILE = 16_384;

/** Elements of all rows' tiles together. */
const ROWS_TILE = 262_144;

/** Columns that the kernels of order statistics take at once; tiles are a multiple of it. */
export const STRIP = 64;

const SHARES = 64;

/** Few, for each has a matrix of its own, and fixed, for the matrices' sum has the same bits with any number of workers. */
const GRAM_SHARES = 8;

/** Elements of a task's tile; it depends on the task alone. */
export function tileLength(task: FoldTask): number {
  if (task.kind === 'sum') return SUM_TILE;
  const length = Math.floor(ROWS_TILE / task.rows.length / STRIP) * STRIP;
  return Math.min(SUM_TILE, Math.max(4 * STRIP, length));
}

/** The shares of a task: runs of tiles, each done by one worker in order. */
export function sharesOf(task: FoldTask): number {
  return Math.min(task.kind === 'gram' ? GRAM_SHARES : SHARES, Math.max(1, tileCount(task)));
}

/** The tiles of a share, from 0, in the order of the tensors. */
export function* tilesOf(task: FoldTask, share: number): Generator<Tile> {
  const shares = sharesOf(task);
  const count = tileCount(task);
  const from = Math.floor((count * share) / shares);
  const to = Math.floor((count * (share + 1)) / shares);
  const length = tileLength(task);
  let index = 0;
  for (const [tensor, { length: elements }] of task.tensors.entries()) {
    const tiles = Math.ceil(elements / length);
    for (let tile = Math.max(0, from - index); tile < Math.min(tiles, to - index); tile++) {
      const begin = tile * length;
      yield { tensor, begin, count: Math.min(length, elements - begin) };
    }
    index += tiles;
  }
}

function tileCount(task: FoldTask): number {
  const length = tileLength(task);
  return task.tensors.reduce((sum, tensor) => sum + Math.ceil(tensor.length / length), 0);
}
