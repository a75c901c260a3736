import { randomUUID } from 'node:crypto';
import { CodedError } from '../../../runtime/errors.ts';
import type { OperationHandlers } from './operation-handlers.ts';
import { failureOutcome } from './operation-outcome.ts';
import type {
  OperationCall,
  OperationOutcome,
  OperationProgress,
  OperationRunner,
} from './operation-runner.ts';
import { performOperation } from './perform-operation.ts';

/** How long operations may take and results are kept, in milliseconds. */
export interface OperationTimes {
  /** For a synchronous invocation whose client names no timeout. @defaultValue 60_000 */
  readonly timeoutMs?: number;
  /** For an asynchronous one. @defaultValue 3_600_000 */
  readonly asyncTimeoutMs?: number;
  /** Longest timeout that a client may ask for; more counts as this. @defaultValue 86_400_000 */
  readonly maximumTimeoutMs?: number;
  /** How long after its end the result of an asynchronous invocation can be fetched. @defaultValue 3_600_000 */
  readonly resultLifetimeMs?: number;
}

/** Every time filled in. */
export function operationTimes(times: OperationTimes = {}): Required<OperationTimes> {
  return {
    timeoutMs: times.timeoutMs ?? 60_000,
    asyncTimeoutMs: times.asyncTimeoutMs ?? 3_600_000,
    maximumTimeoutMs: times.maximumTimeoutMs ?? 86_400_000,
    resultLifetimeMs: times.resultLifetimeMs ?? 3_600_000,
  };
}

/** Operations that have begun and not expired, at most: so that nobody fills the memory with handles. */
const MOST_OPERATIONS = 10_000;

interface BegunOperation {
  readonly submodelId: string;
  readonly idShortPath: string;
  outcome: OperationOutcome | undefined;
  expiry: NodeJS.Timeout | undefined;
}

/** Runs operations inside this process by registered handlers. What has begun ends with the process. */
export class InProcessOperations implements OperationRunner {
  readonly #handlers: OperationHandlers;
  readonly #times: Required<OperationTimes>;
  readonly #begun = new Map<string, BegunOperation>();
  readonly #running = new Set<AbortController>();

  constructor(handlers: OperationHandlers, times: OperationTimes = {}) {
    this.#handlers = handlers;
    this.#times = operationTimes(times);
  }

  async run(call: OperationCall): Promise<OperationOutcome> {
    return this.#perform(call, this.#times.timeoutMs);
  }

  async start(call: OperationCall): Promise<string> {
    this.#handlers.require(call);
    if (this.#begun.size >= MOST_OPERATIONS) {
      throw new CodedError('E_BUSY', `${MOST_OPERATIONS} operations have begun and not expired`);
    }
    const { submodelId, idShortPath } = call;
    const handle = randomUUID();
    const begun: BegunOperation = { submodelId, idShortPath, outcome: undefined, expiry: undefined };
    this.#begun.set(handle, begun);
    void this.#perform(call, this.#times.asyncTimeoutMs).then((outcome) => {
      begun.outcome = outcome;
      begun.expiry = setTimeout(() => this.#begun.delete(handle), this.#times.resultLifetimeMs).unref();
    });
    return handle;
  }

  async progress(
    { submodelId, idShortPath }: Pick<OperationCall, 'submodelId' | 'idShortPath'>,
    handle: string,
  ): Promise<OperationProgress | undefined> {
    const begun = this.#begun.get(handle);
    if (begun === undefined || begun.submodelId !== submodelId || begun.idShortPath !== idShortPath) {
      return undefined;
    }
    if (begun.outcome === undefined) return { ended: false, executionState: 'Running' };
    return { ended: true, outcome: begun.outcome };
  }

  /** Cancels what runs and forgets all results. */
  close(): void {
    for (const running of this.#running) running.abort(new CodedError('E_ABORTED', 'the server ends'));
    for (const { expiry } of this.#begun.values()) clearTimeout(expiry);
    this.#begun.clear();
  }

  async #perform(call: OperationCall, defaultMs: number): Promise<OperationOutcome> {
    const handler = this.#handlers.require(call);
    const timeoutMs = Math.min(call.timeoutMs ?? defaultMs, this.#times.maximumTimeoutMs);
    const abort = new AbortController();
    this.#running.add(abort);
    const late = new CodedError('E_OPERATION_TIMEOUT', `no result within ${timeoutMs} ms`);
    const timer = setTimeout(() => abort.abort(late), timeoutMs);
    // A handler that does not listen to the signal must not keep its caller waiting.
    const aborted = new Promise<OperationOutcome>((resolve) => {
      abort.signal.addEventListener('abort', () => resolve(failureOutcome(abort.signal.reason)), {
        once: true,
      });
    });
    try {
      return await Promise.race([aborted, performOperation(handler, call, abort.signal)]);
    } finally {
      clearTimeout(timer);
      this.#running.delete(abort);
    }
  }
}
