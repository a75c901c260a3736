import { foldShares, type ShareProducts } from './fold-shares.ts';
import type { FoldTask } from './fold-task.ts';
import type { SpoolFiles } from './spool-files.ts';
import { sharesOf } from './tiles.ts';

/** Whoever does fold tasks: threads, or the caller's own. Each gives the same bits. */
export interface FoldRunner {
  /**
   * Does a task.
   * @returns of a `gram` task the sum of the inner products, row by row; otherwise nothing, the output file has it.
   * @throws CodedError `E_UPDATE_OUT_OF_RANGE`, `E_UPDATE_TRUNCATED`; what the files throw.
   */
  run(task: FoldTask): Promise<Float64Array>;
}

/** Does tasks in the caller's thread, without pause: for small models, where a thread's change costs more than the work. */
export function inlineRunner(wasm: Uint8Array, files: SpoolFiles): FoldRunner {
  return {
    run: async (task) => {
      const shares = sharesOf(task);
      let next = 0;
      const products = foldShares(wasm, task, files, () => (next < shares ? next++ : undefined));
      return sumOfProducts(task, products);
    },
  };
}

/** In the order of the shares, whoever did them. */
export function sumOfProducts(task: FoldTask, products: readonly ShareProducts[]): Float64Array {
  const rows = task.kind === 'gram' ? task.rows.length : 0;
  const sum = new Float64Array(rows * rows);
  for (const share of products.toSorted((one, other) => one.share - other.share)) {
    for (let index = 0; index < sum.length; index++) sum[index]! += share.products[index]!;
  }
  return sum;
}
