import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CodedError } from './errors.ts';

/**
 * Makes a folder of our own, readable by its owner alone, with the folders above it that are missing.
 * @throws CodedError `E_FOLDER_UNUSABLE` saying which folder cannot be made, and why.
 */
export function makeFolder(folder: string): void {
  // Step by step: where the system refuses with "no such file", as below /proc, a recursive call never ends.
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const each of missing) {
    try {
      mkdirSync(each, { mode: 0o700 });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException; // Thrown by the system call.
      // Somebody else made it meanwhile.
      if (code === 'EEXIST') continue;
      throw new CodedError(
        'E_FOLDER_UNUSABLE',
        `the folder ${each} cannot be made: ${code ?? String(cause)}`,
        {
          cause,
        },
      );
    }
  }
}
