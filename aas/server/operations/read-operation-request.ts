import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import type { JsonObject } from '../../model.ts';
import { type ArgumentKind, checkArguments, variablesOf } from './check-arguments.ts';
import { elementFromValue } from './element-from-value.ts';
import type { OperationCall } from './operation-runner.ts';
import { readDuration } from './read-duration.ts';

/** The two ways to write arguments: whole elements, or their values by idShort (IDTA-01002, OperationRequest). */
export type ArgumentForm = 'normal' | 'value';

type Arguments = Pick<OperationCall, 'inputArguments' | 'inoutputArguments' | 'timeoutMs'>;

const MEMBERS = ['inputArguments', 'inoutputArguments', 'clientTimeoutDuration'];

/**
 * Reads the body of an invocation against the Operation it is for. Without a body there are no arguments.
 * @throws CodedError `E_INVALID_INPUT` with every fault.
 */
export function readOperationRequest(operation: JsonObject, body: unknown, form: ArgumentForm): Arguments {
  const request = body ?? {};
  if (!isObject(request)) throw new CodedError('E_INVALID_INPUT', 'the request must be an object');
  const { clientTimeoutDuration: duration, inoutputArguments, ...rest } = request;
  const unknown = Object.keys(rest).find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined) throw new CodedError('E_INVALID_INPUT', `the request has no member ${unknown}`);
  const read = form === 'normal' ? elementsOf : valuesOf;
  const checked = (kind: ArgumentKind, given: unknown) =>
    checkArguments(
      operation,
      kind,
      given === undefined || given === null ? [] : read(operation, kind, given),
    );
  return {
    inputArguments: checked('inputArguments', rest['inputArguments']),
    inoutputArguments: checked('inoutputArguments', inoutputArguments),
    ...(duration === undefined || duration === null
      ? {}
      : { timeoutMs: readDuration(duration, 'clientTimeoutDuration') }),
  };
}

function elementsOf(_operation: JsonObject, kind: ArgumentKind, given: unknown): readonly JsonObject[] {
  if (!Array.isArray(given)) throw new CodedError('E_INVALID_INPUT', `${kind} must be a list`);
  return (given as readonly unknown[]).map((variable, index) => {
    if (!isObject(variable)) {
      throw new CodedError('E_INVALID_INPUT', `${kind}/${index} must be {"value": an element}`);
    }
    return checkModel(variable['value'], 'SubmodelElement');
  });
}

function valuesOf(operation: JsonObject, kind: ArgumentKind, given: unknown): readonly JsonObject[] {
  if (!isObject(given)) throw new CodedError('E_INVALID_INPUT', `${kind} must be an object by idShort`);
  const variables = variablesOf(operation, kind);
  return Object.entries(given).map(([name, value]) => {
    const variable = variables.find((each) => each['idShort'] === name);
    // An unknown name is a fault that `checkArguments` reports with the others.
    if (variable === undefined) return { idShort: name };
    return checkModel(elementFromValue(variable, value, name), 'SubmodelElement');
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
