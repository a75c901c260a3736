import { readFile } from 'node:fs/promises';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';

type SecretSource = NonNullable<OpcuaSource['user']>['password'];

/**
 * Reads a secret from where the trainer file says it is.
 * @throws CodedError `E_FILE_NOT_FOUND`, or `E_INVALID_INPUT` for an environment variable that is not set.
 */
export async function readSecret(source: SecretSource): Promise<string> {
  if ('file' in source) {
    try {
      return (await readFile(source.file, 'utf8')).replace(/\r?\n$/, '');
    } catch (cause) {
      throw new CodedError('E_FILE_NOT_FOUND', `the secret's file ${source.file} cannot be read`, { cause });
    }
  }
  const value = process.env[source.environment];
  if (value !== undefined) return value;
  throw new CodedError('E_INVALID_INPUT', `the environment variable ${source.environment} is not set`);
}
