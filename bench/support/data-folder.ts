import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { packageRoot } from '../../runtime/package-root.ts';

const FLAG = '--data=';

/**
 * The folder of a bench's recordings: that of `--data FOLDER`, else where the project keeps data beside the checkout.
 * @param name of the set, as in `fedshell data list`.
 * @throws CodedError `E_FILE_NOT_FOUND` saying how to get it.
 */
export function dataFolder(name: string, flags: readonly string[]): string {
  const given = flags.find((flag) => flag.startsWith(FLAG))?.slice(FLAG.length);
  const folder = given === undefined ? join(packageRoot(), '..', 'shared', 'data', name) : resolve(given);
  if (existsSync(join(folder, 'manifest.csv'))) return folder;
  const message = `${folder} has no manifest.csv of ${name}; get it by "fedshell data get ${name}" and name it with --data`;
  throw new CodedError('E_FILE_NOT_FOUND', message);
}
