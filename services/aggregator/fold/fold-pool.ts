import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  type FoldRunner,
  inlineRunner,
  sumOfProducts,
} from '../../../learning/aggregation/fold/fold-runner.ts';
import type { FoldTask } from '../../../learning/aggregation/fold/fold-task.ts';
import type { SpoolFiles } from '../../../learning/aggregation/fold/spool-files.ts';
import { sharesOf } from '../../../learning/aggregation/fold/tiles.ts';
import { KERNELS_FILE } from '../../../learning/aggregation/kernels.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { entryPoint, packageRoot } from '../../../runtime/package-root.ts';
import type { FoldAnswer, FoldRequest, FoldWorkerData } from './fold-worker.ts';

/** More bring nothing: reading the spool is the limit. */
const MOST_WORKERS = 4;

/** The kernels that the build compiled. @throws CodedError `E_NOT_BUILT` if there are none. */
export function readKernels(): Uint8Array {
  try {
    return readFileSync(join(packageRoot(), KERNELS_FILE));
  } catch (cause) {
    throw new CodedError('E_NOT_BUILT', `${KERNELS_FILE} is missing; run \`npm run build\``, { cause });
  }
}

/** Worker threads that do one fold task after the other, each with all of them. */
export class FoldPool implements FoldRunner {
  readonly #wasm: Uint8Array;
  readonly #size: number;
  #workers: Worker[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /** @param workers from 1; by default one for each core, at most 4. They start with the first task. */
  constructor(workers: number = Math.min(MOST_WORKERS, availableParallelism())) {
    this.#wasm = readKernels();
    this.#size = workers;
  }

  /** As `FoldRunner.run`, with any number of workers. @throws CodedError also `E_PROCESS_FAILED` if a worker ended. */
  run(task: FoldTask): Promise<Float64Array> {
    const result = this.#last.then(() => this.#run(task));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Does tasks in this thread, on files that may be in memory: for small ones. */
  inline(files: SpoolFiles): FoldRunner {
    return inlineRunner(this.#wasm, files);
  }

  /** Ends the workers, once the tasks that were given are done. */
  async close(): Promise<void> {
    await this.#last;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    this.#workers = [];
  }

  async #run(task: FoldTask): Promise<Float64Array> {
    const shares = sharesOf(task);
    const request: FoldRequest = { task, shares, next: new Int32Array(new SharedArrayBuffer(4)) };
    while (this.#workers.length < this.#size) this.#workers.push(this.#start());
    const answers = await Promise.all(this.#workers.map((worker) => this.#ask(worker, request)));
    const failed = answers.find((answer) => answer.kind === 'failed');
    if (failed?.kind === 'failed') {
      throw new CodedError(failed.code, failed.message, { faults: failed.faults, details: failed.details });
    }
    const products = answers.flatMap((answer) => (answer.kind === 'done' ? answer.products : []));
    return sumOfProducts(task, products);
  }

  #start(): Worker {
    const data: FoldWorkerData = { wasm: this.#wasm };
    const worker = new Worker(entryPoint('services/aggregator/fold/fold-worker'), { workerData: data });
    worker.unref();
    return worker;
  }

  #ask(worker: Worker, request: FoldRequest): Promise<FoldAnswer> {
    return new Promise((resolve) => {
      const finish = (answer: FoldAnswer): void => {
        worker.off('message', finish).off('error', ended).off('exit', ended);
        worker.unref();
        resolve(answer);
      };
      const ended = (reason: unknown): void => {
        this.#workers = this.#workers.filter((other) => other !== worker);
        const message = `a fold worker ended: ${reason instanceof Error ? reason.message : String(reason)}`;
        finish({ kind: 'failed', code: 'E_PROCESS_FAILED', message, faults: [], details: {} });
      };
      // It throws for what cannot be sent; nothing may hang on the worker then.
      worker.postMessage(request);
      worker.ref();
      worker.once('message', finish).once('error', ended).once('exit', ended);
    });
  }
}
