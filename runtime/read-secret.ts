import { readFile } from 'node:fs/promises';
import { CodedError } from './errors.ts';

/** Where a secret is; files that people write name the place, never the secret. */
export type SecretSource = { readonly file: string } | { readonly environment: string };

/**
 * Reads a secret from its file, without the line end behind it, or from the environment.
 * @throws CodedError `E_FILE_NOT_FOUND`, or `E_INVALID_INPUT` for an environment variable that is not set or empty.
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
  if (value !== undefined && value !== '') return value;
  throw new CodedError('E_INVALID_INPUT', `the environment variable ${source.environment} is not set`);
}
