import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { CodedError } from '../../runtime/errors.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import type { LoadAnswer, LoadRequest, LoadResult, LoadTask, WrittenValue } from './load-messages.ts';

/** The load generator's process. */
export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor() {
    // Latencies are typed arrays, which JSON would not carry.
    this.#child = fork(entryPoint('bench/aas/load-process'), [], { serialization: 'advanced' });
  }

  /** @throws CodedError `E_RUN_FAILED` if an answer had another status than a success. */
  async load(task: LoadTask): Promise<LoadResult> {
    const answer = await this.#ask({ kind: 'load', task });
    if (answer.kind !== 'loaded') throw new TypeError(`the load generator answered ${answer.kind}`);
    return answer.result;
  }

  /** What each path must hold now, from all PATCHes so far. */
  async written(): Promise<readonly WrittenValue[]> {
    const answer = await this.#ask({ kind: 'written' });
    if (answer.kind !== 'written') throw new TypeError(`the load generator answered ${answer.kind}`);
    return answer.values;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill();
    await once(this.#child, 'exit');
  }

  async #ask(request: LoadRequest): Promise<LoadAnswer> {
    const ended = new AbortController();
    try {
      this.#child.send(request);
      const [answer] = await Promise.race([
        once(this.#child, 'message', ended),
        once(this.#child, 'exit', ended).then(() => {
          throw new CodedError('E_PROCESS_FAILED', 'the load generator ended');
        }),
      ]);
      // The two processes are of one build.
      return answer as LoadAnswer;
    } finally {
      ended.abort();
    }
  }
}
