import { readFile } from 'node:fs/promises';
import type { Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';

/**
 * Reads a YAML or JSON file that a person wrote as the named schema's type, its defaults filled in.
 * @throws CodedError `E_FILE_NOT_FOUND`, or `E_INVALID_INPUT` with every fault, its path and its line.
 */
export async function readInput<Name extends keyof Schemas>(
  name: Name,
  file: string,
): Promise<Schemas[Name]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `the file ${file} cannot be read`, { cause });
  }
  const { parseAndValidate } = await import('../../openapi/validate.ts');
  return parseAndValidate(name, text, file);
}
