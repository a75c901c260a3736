import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';

/**
 * Takes a data set from a folder that has it: checks the manifest and every file, and links the files, or copies them
 * where the disk does not allow it.
 * @throws CodedError `E_NO_MANIFEST`, `E_INVALID_MANIFEST`, `E_INVALID_RECORDING`; `E_HASH_MISMATCH` if it is another set.
 */
export async function takeFolder(from: string, sha256: string, folder: string): Promise<void> {
  const { readManifest } = await import('../../connectors/recording/manifest.ts');
  const { verifyFile } = await import('../../connectors/recording/verify-file.ts');
  const { groups } = await readManifest(from);
  const manifestFile = join(from, 'manifest.csv');
  const actual = createHash('sha256')
    .update(await readFile(manifestFile))
    .digest('hex');
  if (actual !== sha256) {
    const message = `${manifestFile} is not that of the catalogue: it has sha256 ${actual}, expected is ${sha256}`;
    throw new CodedError('E_HASH_MISMATCH', message);
  }
  const rows = new Map(groups.flatMap((group) => group.rows.map((row) => [row.file, row] as const)));
  for (const row of rows.values()) {
    await verifyFile(row);
    await linkOrCopy(row.path, join(folder, row.file));
  }
  for (const name of ['README.md', 'LICENSE']) {
    if (existsSync(join(from, name))) await linkOrCopy(join(from, name), join(folder, name));
  }
  await linkOrCopy(manifestFile, join(folder, 'manifest.csv'));
}

/** A link needs no room; it is not possible from one disk to another, nor for every owner. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(resolve(from), to);
  } catch {
    await copyFile(from, to);
  }
}
