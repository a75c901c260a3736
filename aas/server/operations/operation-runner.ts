import type { JsonObject } from '../../model.ts';

/** An argument or result of an operation (IDTA-01001, OperationVariable). */
export interface OperationVariable {
  readonly value: JsonObject;
}

/** An operation that somebody invoked, its arguments checked against its variables. */
export interface OperationCall {
  readonly submodelId: string;
  /** Path of the Operation in the submodel. */
  readonly idShortPath: string;
  /** The Operation as it is stored. */
  readonly operation: JsonObject;
  /** In the order of the operation's variables, absent ones filled with their default. */
  readonly inputArguments: readonly OperationVariable[];
  readonly inoutputArguments: readonly OperationVariable[];
  /** What the client grants; the runner's own default if absent. */
  readonly timeoutMs?: number;
}

/** How an operation can end (IDTA-01002, ExecutionState). */
export type EndState = 'Completed' | 'Failed' | 'Canceled' | 'Timeout';

/** A message of a result, as the Result body of IDTA-01002 has it. */
export interface OperationMessage {
  readonly code: string;
  readonly correlationId: string;
  readonly messageType: 'Error' | 'Exception';
  readonly text: string;
  readonly timestamp: string;
}

/** What an operation that has ended leaves. */
export interface OperationOutcome {
  readonly executionState: EndState;
  readonly messages?: readonly OperationMessage[];
  readonly outputArguments?: readonly OperationVariable[];
  readonly inoutputArguments?: readonly OperationVariable[];
}

/** Where an operation stands. */
export type OperationProgress =
  | { readonly ended: false; readonly executionState: 'Initiated' | 'Running' }
  | { readonly ended: true; readonly outcome: OperationOutcome };

/**
 * The port behind the operation routes: what runs operations. `InProcessOperations` is the one of an environment that
 * stands alone; the aggregator runs its own as jobs of its queue.
 */
export interface OperationRunner {
  /**
   * Runs an operation to its end or to its timeout. What goes wrong inside is an outcome, never thrown.
   * @throws CodedError `E_AAS_NOT_BUILT` if nothing here performs this operation.
   */
  run(call: OperationCall): Promise<OperationOutcome>;
  /**
   * Begins an operation and returns its handle at once.
   * @throws CodedError `E_AAS_NOT_BUILT` if nothing here performs this operation.
   */
  start(call: OperationCall): Promise<string>;
  /** Where a begun operation stands; undefined if the handle is not one of this operation, or its result has expired. */
  progress(
    operation: Pick<OperationCall, 'submodelId' | 'idShortPath'>,
    handle: string,
  ): Promise<OperationProgress | undefined>;
}
