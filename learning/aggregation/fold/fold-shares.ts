import { coordinateTiles } from './coordinate-tiles.ts';
import type { FoldTask } from './fold-task.ts';
import { gramTiles } from './gram-tiles.ts';
import type { SpoolFiles } from './spool-files.ts';
import { sumTiles } from './sum-tiles.ts';
import { tilesOf } from './tiles.ts';

/** The inner products of a share's tiles. */
export interface ShareProducts {
  readonly share: number;
  readonly products: Float64Array;
}

/**
 * Does shares of a task until there are none, without pause: it belongs in a worker thread.
 * @param wasm the kernels. @param files hold the task's paths. @param nextShare the next share to do, undefined at the end.
 * @returns the products of a `gram` task's shares, nothing for others: their result is in the output file.
 * @throws CodedError `E_UPDATE_OUT_OF_RANGE`, `E_UPDATE_TRUNCATED`; what the file system throws.
 */
export function foldShares(
  wasm: Uint8Array,
  task: FoldTask,
  files: SpoolFiles,
  nextShare: () => number | undefined,
): ShareProducts[] {
  if (task.kind === 'gram') {
    const { add, take } = gramTiles(wasm, task, files);
    const found: ShareProducts[] = [];
    for (let share = nextShare(); share !== undefined; share = nextShare()) {
      for (const tile of tilesOf(task, share)) add(tile);
      found.push({ share, products: take() });
    }
    return found;
  }
  const reduce = task.kind === 'sum' ? sumTiles(wasm, task, files) : coordinateTiles(wasm, task, files);
  for (let share = nextShare(); share !== undefined; share = nextShare()) {
    for (const tile of tilesOf(task, share)) reduce(tile);
  }
  return [];
}
