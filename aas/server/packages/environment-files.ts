import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../../runtime/errors.ts';

/** Endings of the files of a folder that are looked at. */
const ENDINGS = /\.(aasx|json|xml)$/i;

/**
 * The file itself, or the AASX, JSON and XML files of a folder and those below, in the order of their names.
 * @throws CodedError `E_FILE_NOT_FOUND` if there is none
 */
export async function environmentFiles(path: string): Promise<readonly string[]> {
  if (!(await isFolder(path))) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile() && ENDINGS.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (files.length === 0) {
    throw new CodedError('E_FILE_NOT_FOUND', `the folder ${path} has no .aasx, .json or .xml files`);
  }
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `there is no file or folder ${path}`, { cause });
  }
}
