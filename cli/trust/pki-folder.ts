import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { readInput } from '../terminal/read-input.ts';
import type { TrustOptions } from './trust-options.ts';

/**
 * The PKI folder that the options mean: `--pki`; else that of the state folder of `--trainer` or `--state`; else the
 * only one below `./.fedshell`.
 * @throws CodedError `E_INVALID_INPUT` where none or several are there.
 */
export async function pkiFolderOf({ pki, trainer, state }: TrustOptions): Promise<string> {
  if (pki !== undefined) return resolve(pki);
  if (state !== undefined) return resolve(state, 'pki');
  if (trainer !== undefined) {
    const { pool } = await readInput('TrainerFile', trainer);
    return resolve('.fedshell', `trainer-${pool.id}`, 'pki');
  }
  const names = existsSync('.fedshell') ? readdirSync('.fedshell') : [];
  const folders = names
    .filter((name) => name.startsWith('trainer-'))
    .map((name) => join('.fedshell', name, 'pki'))
    .filter((folder) => existsSync(folder));
  const [folder, ...others] = folders;
  if (folder !== undefined && others.length === 0) return resolve(folder);
  const what =
    folder === undefined ? 'no trainer has its state in ./.fedshell' : `there are ${folders.join(', ')}`;
  throw new CodedError('E_INVALID_INPUT', `${what}; say which one: --pki, --state, --trainer or --api`);
}
