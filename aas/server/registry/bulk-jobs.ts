import { randomUUID } from 'node:crypto';
import { type CodedError, toCodedError } from '../../../runtime/errors.ts';

/** Where a bulk operation stands. */
export type BulkState =
  | { readonly kind: 'running' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: CodedError };

/** Ended operations are remembered as long as a client may reasonably ask. */
const REMEMBERED_MS = 3_600_000;
const MOST_REMEMBERED = 10_000;

/**
 * Bulk operations under way and those that ended within the hour. They live with the process: after a restart a handle
 * is unknown, and as an operation is one transaction, it happened or it did not.
 */
export class BulkJobs {
  readonly #states = new Map<string, { state: BulkState; readonly since: number }>();

  /** Runs `work` later. @returns the handle to ask with. */
  start(work: () => Promise<unknown>): string {
    this.#forget();
    const handle = randomUUID();
    const job = { state: { kind: 'running' } as BulkState, since: Date.now() };
    this.#states.set(handle, job);
    setImmediate(async () => {
      try {
        await work();
        job.state = { kind: 'done' };
      } catch (thrown) {
        job.state = { kind: 'failed', error: toCodedError(thrown) };
      }
    });
    return handle;
  }

  state(handle: string): BulkState | undefined {
    this.#forget();
    return this.#states.get(handle)?.state;
  }

  /** The map is in the order of the starts. */
  #forget(): void {
    for (const [handle, { state, since }] of this.#states) {
      const old = Date.now() - since > REMEMBERED_MS || this.#states.size > MOST_REMEMBERED;
      if (!old || state.kind === 'running') return;
      this.#states.delete(handle);
    }
  }
}
