import { readFileSync } from 'node:fs';
import { CodedError } from '../../runtime/errors.ts';

/**
 * The API token from a file, else from FEDSHELL_API_TOKEN; undefined where none is set.
 * @throws CodedError `E_FILE_NOT_FOUND`
 */
export function readApiToken(file: string | undefined): string | undefined {
  if (file === undefined) return process.env['FEDSHELL_API_TOKEN'] || undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `the API token file ${file} cannot be read`, { cause });
  }
}
