import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import type { OperationAnswer, OperationHandler } from './operation-handlers.ts';
import { failureOutcome } from './operation-outcome.ts';
import type { OperationCall, OperationOutcome, OperationVariable } from './operation-runner.ts';

/** Calls a handler and holds its answer against the operation's variables. Never throws. */
export async function performOperation(
  handler: OperationHandler,
  call: OperationCall,
  signal: AbortSignal,
): Promise<OperationOutcome> {
  try {
    return completed(call, await handler(call, signal));
  } catch (thrown) {
    return failureOutcome(toCodedError(thrown));
  }
}

function completed(call: OperationCall, answer: OperationAnswer): OperationOutcome {
  const outputArguments = answer.outputArguments ?? [];
  // Checked when the Operation came in: a list of variables, each with an element.
  const declared = (call.operation['outputVariables'] as readonly OperationVariable[] | undefined) ?? [];
  const missing = declared.filter(({ value }) => find(outputArguments, value['idShort']) === undefined);
  if (missing.length > 0) {
    const names = missing.map(({ value }) => String(value['idShort'])).join(', ');
    throw new CodedError('E_INTERNAL', `the operation ${call.idShortPath} gave no ${names}`);
  }
  const changed = answer.inoutputArguments ?? [];
  const inoutputArguments = call.inoutputArguments.map(
    (given) => find(changed, given.value['idShort']) ?? given,
  );
  return {
    executionState: 'Completed',
    ...(outputArguments.length === 0 ? {} : { outputArguments }),
    ...(inoutputArguments.length === 0 ? {} : { inoutputArguments }),
  };
}

function find(variables: readonly OperationVariable[], idShort: unknown): OperationVariable | undefined {
  return variables.find(({ value }) => value['idShort'] === idShort);
}
