import { CodedError } from '../../../runtime/errors.ts';
import type { JsonObject } from '../../model.ts';
import { findViolations } from '../../validation/find-violations.ts';

/**
 * What happens to input that breaks a rule of the metamodel although its structure is sound: `strict` refuses it,
 * `report` stores it, and `fedshell aas check` lists it.
 */
export type Validation = 'strict' | 'report';

const MOST_FAULTS = 100;

/** Refuses what breaks a rule of the metamodel. @throws CodedError `E_INVALID_INPUT` with every error and its path */
export function refuseViolations(object: JsonObject, type: string): void {
  const faults = [];
  for (const { severity, rule, path, message } of findViolations(object, type)) {
    if (severity === 'error') faults.push({ path, message: `${message} (${rule})` });
    if (faults.length === MOST_FAULTS) break;
  }
  const [first] = faults;
  if (first === undefined) return;
  const name = String(object['id'] ?? type);
  throw new CodedError('E_INVALID_INPUT', `${name}: ${first.path}: ${first.message}`, { faults });
}
