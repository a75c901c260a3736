import { CodedError, type Fault } from '../../../runtime/errors.ts';
import { splitChildren } from '../../children.ts';
import type { JsonObject } from '../../model.ts';
import { valueOnly } from '../value-only.ts';
import type { OperationVariable } from './operation-runner.ts';

/** The variables of an Operation that its caller gives. */
export type ArgumentKind = 'inputArguments' | 'inoutputArguments';

const VARIABLES = { inputArguments: 'inputVariables', inoutputArguments: 'inoutputVariables' } as const;

/** The variables of one kind as elements, in their order. */
export function variablesOf(operation: JsonObject, kind: ArgumentKind): readonly JsonObject[] {
  // Checked when the Operation came in: a list of variables, each with an element.
  const variables = operation[VARIABLES[kind]] as readonly OperationVariable[] | undefined;
  return (variables ?? []).map(({ value }) => value);
}

/**
 * Holds arguments against the operation's variables: each variable once, of its model type and value type; nothing else.
 * A variable that has a value needs no argument, the value is its default.
 * @returns the arguments in the order of the variables.
 * @throws CodedError `E_INVALID_INPUT` with every fault.
 */
export function checkArguments(
  operation: JsonObject,
  kind: ArgumentKind,
  given: readonly JsonObject[],
): readonly OperationVariable[] {
  const variables = variablesOf(operation, kind);
  const faults: Fault[] = [];
  given.forEach((argument, index) => {
    const path = `/${kind}/${index}/value`;
    const name = argument['idShort'];
    const variable = variables.find((each) => each['idShort'] === name);
    if (variable === undefined) {
      faults.push({ path, message: `the operation has no argument ${String(name)}` });
    } else if (given.findIndex((other) => other['idShort'] === name) !== index) {
      faults.push({ path, message: `the argument ${String(name)} is there twice` });
    } else checkKind(variable, argument, path, faults);
  });
  const complete = variables.map((variable) => {
    const argument = given.find((each) => each['idShort'] === variable['idShort']);
    if (argument === undefined && valueOnly(variable, true) === undefined) {
      faults.push({ path: `/${kind}`, message: `the argument ${String(variable['idShort'])} is missing` });
    }
    return { value: argument ?? variable };
  });
  if (faults.length > 0) {
    const text = faults.map(({ message }) => message).join('; ');
    throw new CodedError('E_INVALID_INPUT', `the arguments do not fit the operation: ${text}`, { faults });
  }
  return complete;
}

/** An argument, and every part of it that its variable names, must be of the variable's types. */
function checkKind(variable: JsonObject, argument: JsonObject, path: string, faults: Fault[]): void {
  for (const member of ['modelType', 'valueType', 'typeValueListElement', 'valueTypeListElement']) {
    if (variable[member] !== undefined && variable[member] !== argument[member]) {
      faults.push({ path: `${path}/${member}`, message: `${member} must be ${String(variable[member])}` });
      return;
    }
  }
  if (variable['modelType'] === 'SubmodelElementList') return;
  const parts = splitChildren(argument).children;
  for (const child of splitChildren(variable).children) {
    const index = parts.findIndex((each) => each['idShort'] === child['idShort']);
    const part = parts[index];
    if (part !== undefined) checkKind(child, part, `${path}/value/${index}`, faults);
  }
}
