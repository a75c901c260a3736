import { CodedError } from '../../../runtime/errors.ts';
import type { OperationCall, OperationVariable } from './operation-runner.ts';

/** What an operation gives back; of the in-out variables those that changed. */
export interface OperationAnswer {
  readonly outputArguments?: readonly OperationVariable[];
  readonly inoutputArguments?: readonly OperationVariable[];
}

/**
 * Does an operation. A CodedError it throws becomes the outcome `Failed`, `E_ABORTED` `Canceled`.
 * @param signal aborted at the timeout and when the server ends.
 */
export type OperationHandler = (call: OperationCall, signal: AbortSignal) => Promise<OperationAnswer>;

/** Finds who performs an operation; undefined for nobody. */
export type FindHandler = (call: OperationCall) => OperationHandler | undefined;

/** Handlers by the operation they are for, and rules for those that no handler is registered for. */
export class OperationHandlers {
  readonly #byOperation = new Map<string, OperationHandler>();
  readonly #rules: FindHandler[] = [];

  /** Registers who performs one operation, in place of who did before. */
  register(submodelId: string, idShortPath: string, handler: OperationHandler): void {
    this.#byOperation.set(`${idShortPath} ${submodelId}`, handler);
  }

  /** Adds a rule for operations without a handler of their own; the first that finds one counts. */
  addRule(rule: FindHandler): void {
    this.#rules.push(rule);
  }

  /** @throws CodedError `E_AAS_NOT_BUILT` if nobody performs it. */
  require(call: OperationCall): OperationHandler {
    const own = this.#byOperation.get(`${call.idShortPath} ${call.submodelId}`);
    if (own !== undefined) return own;
    for (const rule of this.#rules) {
      const handler = rule(call);
      if (handler !== undefined) return handler;
    }
    const message = `nothing here performs the operation ${call.idShortPath} of the submodel ${call.submodelId}`;
    throw new CodedError('E_AAS_NOT_BUILT', message);
  }
}
