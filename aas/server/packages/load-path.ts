import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CodedError } from '../../../runtime/errors.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { environmentFiles } from './environment-files.ts';
import { type ImportSummary, importEnvironment } from './import-environment.ts';
import { openEnvironmentFile } from './open-environment-file.ts';
import { packageLimits } from './package-limits.ts';

/** A file of `--load`, and what it brought; undefined if it was loaded before. */
export interface LoadedFile {
  readonly file: string;
  readonly summary: ImportSummary | undefined;
}

/** Files on this machine are trusted with more than what comes over the network. */
const LONGEST_FILE_BYTES = 16 * 1024 ** 3;

/** Loads a file or the files of a folder; see `AasEnvironment.load`. */
export async function loadPath(storage: AasStorage, path: string): Promise<readonly LoadedFile[]> {
  const loaded: LoadedFile[] = [];
  for (const file of await environmentFiles(path))
    loaded.push({ file, summary: await loadFile(storage, file) });
  return loaded;
}

async function loadFile(storage: AasStorage, file: string): Promise<ImportSummary | undefined> {
  const { packages } = storage;
  const sha256 = await sha256Of(file);
  if (packages.wasLoaded(sha256)) return undefined;
  try {
    const opened = await openEnvironmentFile(file, packageLimits(LONGEST_FILE_BYTES));
    try {
      return await importEnvironment(storage, opened, {
        attachmentLimitBytes: LONGEST_FILE_BYTES,
        together: () => packages.markLoaded(sha256),
      });
    } finally {
      opened.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    throw new CodedError(thrown.code, `${file}: ${thrown.message}`, { faults: thrown.faults, cause: thrown });
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
