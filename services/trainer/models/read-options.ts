import type { ModelSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';

/** A list of whole numbers from 1 to 4096. @throws CodedError `E_INVALID_INPUT` */
export function wholeNumbers(
  spec: ModelSpec,
  option: string,
  otherwise: readonly number[],
): readonly number[] {
  const value = spec[option] ?? otherwise;
  const isList = Array.isArray(value) && value.length > 0 && value.length <= 16 && value.every(isSize);
  if (isList) return value;
  throw unfit(spec, option, 'must be a list of whole numbers from 1 to 4096');
}

/** A whole number from 1 to 4096. @throws CodedError `E_INVALID_INPUT` */
export function wholeNumber(spec: ModelSpec, option: string, otherwise: number): number {
  const value = spec[option] ?? otherwise;
  if (isSize(value)) return value;
  throw unfit(spec, option, 'must be a whole number from 1 to 4096');
}

/** One of some words, by default the first. @throws CodedError `E_INVALID_INPUT` */
export function choice<Word extends string>(
  spec: ModelSpec,
  option: string,
  words: readonly [Word, ...Word[]],
): Word {
  const value = spec[option] ?? words[0];
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw unfit(spec, option, `must be one of ${words.join(', ')}`);
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 4096;
}

/** An option that does not fit the model. */
export function unfit({ key }: ModelSpec, option: string, message: string): CodedError {
  const faults = [{ path: `/model/${option}`, message }];
  return new CodedError('E_INVALID_INPUT', `the option ${option} of ${key} ${message}`, { faults });
}
