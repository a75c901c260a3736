import { parentPort, workerData } from 'node:worker_threads';
import { foldShares, type ShareProducts } from '../../../learning/aggregation/fold/fold-shares.ts';
import type { FoldTask } from '../../../learning/aggregation/fold/fold-task.ts';
import { type ErrorCode, type Fault, toCodedError } from '../../../runtime/errors.ts';
import { OpenFiles } from './open-files.ts';

/** What a worker thread is started with. */
export interface FoldWorkerData {
  readonly wasm: Uint8Array;
}

/** A task that several workers share. */
export interface FoldRequest {
  readonly task: FoldTask;
  readonly shares: number;
  /** One 32-bit integer in shared memory: the next share that nobody has begun. */
  readonly next: Int32Array;
}

/** How a worker's part of a task ended. */
export type FoldAnswer =
  | { readonly kind: 'done'; readonly products: readonly ShareProducts[] }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly faults: readonly Fault[];
      readonly details: Readonly<Record<string, unknown>>;
    };

// The pool that starts this file gives exactly this.
const { wasm } = workerData as FoldWorkerData;

parentPort?.on('message', ({ task, shares, next }: FoldRequest) => {
  parentPort?.postMessage(answer(task, shares, next));
});

function answer(task: FoldTask, shares: number, next: Int32Array): FoldAnswer {
  const files = new OpenFiles();
  try {
    const products = foldShares(wasm, task, files, () => {
      const share = Atomics.add(next, 0, 1);
      return share < shares ? share : undefined;
    });
    return { kind: 'done', products };
  } catch (thrown) {
    // Nobody begins another share of what has failed.
    Atomics.store(next, 0, shares);
    const { code, message, faults, details } = toCodedError(thrown);
    return { kind: 'failed', code, message, faults, details };
  } finally {
    files.close();
  }
}
