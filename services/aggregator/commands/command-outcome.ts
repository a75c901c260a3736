import type { JsonObject } from '../../../aas/model.ts';
import { failureOutcome } from '../../../aas/server/operations/operation-outcome.ts';
import type { OperationOutcome, OperationVariable } from '../../../aas/server/operations/operation-runner.ts';
import { property } from '../../../aas/submodels/elements.ts';
import { COMMANDS_ID } from '../../../aas/submodels/semantic-ids.ts';
import type { CodedError } from '../../../runtime/errors.ts';

/**
 * What a command's client gets: the text `{"result": "…"}`, in it again JSON where the value is no text. oktoflow's
 * JsonResultWrapper reads both members as texts.
 */
export function commandSuccess(value: unknown): OperationOutcome {
  const result = typeof value === 'string' ? value : JSON.stringify(value);
  return { executionState: 'Completed', outputArguments: [output({ result })] };
}

/** The same for a refusal, `{"exception": "CODE: …"}`; the outcome itself says that the operation failed. */
export function commandFailure(error: CodedError): OperationOutcome {
  const faults = error.faults.map(({ path, message }) => `${path} ${message}`.trim());
  const exception = [`${error.code}: ${error.message}`, ...faults].join('; ');
  return { ...failureOutcome(error), outputArguments: [output({ exception })] };
}

function output(wrapper: Readonly<Record<string, string>>): OperationVariable {
  const element = property('result', `${COMMANDS_ID}:result`, JSON.stringify(wrapper));
  // A builder's element is a part of the metamodel's JSON.
  return { value: element as unknown as JsonObject };
}
