import { readFile } from 'node:fs/promises';
import type { TrainerFile } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';

/**
 * Reads a secret from where a file of settings says it is.
 * @throws CodedError `E_FILE_NOT_FOUND`, or `E_INVALID_INPUT` for an environment variable that is not set.
 */
export async function readSecret(source: NonNullable<TrainerFile['token']>): Promise<string> {
  if ('file' in source) {
    try {
      return (await readFile(source.file, 'utf8')).trim();
    } catch (cause) {
      throw new CodedError('E_FILE_NOT_FOUND', `the token's file ${source.file} cannot be read`, { cause });
    }
  }
  const value = process.env[source.environment];
  if (value !== undefined && value !== '') return value.trim();
  throw new CodedError('E_INVALID_INPUT', `the environment variable ${source.environment} is not set`);
}
