import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './sync-file.ts';

/**
 * Writes a file so that its name always has its whole content, also after a power cut: to a name of its own, synced,
 * renamed. Others may write the same file at the same time; one of them is the last.
 * @param mode permissions of the file. @defaultValue 0o600
 */
export async function writeFileWhole(file: string, content: string | Buffer, mode = 0o600): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    const handle = await open(partial, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (thrown) {
    await unlink(partial).catch(() => undefined);
    throw thrown;
  }
  await syncFolder(folder);
}
