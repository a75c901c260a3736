import type { JsonObject } from '../../model.ts';
import { valuesByIdShort } from '../value-only.ts';
import type { OperationProgress, OperationVariable } from './operation-runner.ts';
import type { ArgumentForm } from './read-operation-request.ts';

/** The body of an operation's status, and of its result without the arguments (IDTA-01002, BaseOperationResult). */
export function statusBody(progress: OperationProgress): JsonObject {
  if (!progress.ended) return { executionState: progress.executionState };
  const { executionState, messages } = progress.outcome;
  return {
    ...(messages === undefined ? {} : { messages }),
    executionState,
    success: executionState === 'Completed',
  };
}

/** The body of an operation's result in the form that was asked for (IDTA-01002, OperationResult). */
export function resultBody(progress: OperationProgress, form: ArgumentForm): JsonObject {
  const status = statusBody(progress);
  if (!progress.ended) return status;
  const { outputArguments, inoutputArguments } = progress.outcome;
  return {
    ...status,
    ...(outputArguments === undefined ? {} : { outputArguments: shown(outputArguments, form) }),
    ...(inoutputArguments === undefined ? {} : { inoutputArguments: shown(inoutputArguments, form) }),
  };
}

function shown(variables: readonly OperationVariable[], form: ArgumentForm): unknown {
  if (form === 'normal') return variables;
  return valuesByIdShort(
    variables.map(({ value }) => value),
    true,
  );
}
