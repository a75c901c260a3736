import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { FileStore, StoredFile } from '../../../runtime/file-store.ts';

/** Up to this size a file is written at once: that takes less time than the thread changes of a stream. */
const AT_ONCE_BYTES = 512 * 1024;

/** Stores a version's file durably, as `FileStore.put` does. */
export async function putVersionFile(files: FileStore, parts: readonly Uint8Array[]): Promise<StoredFile> {
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return bytes <= AT_ONCE_BYTES ? putAtOnce(files, parts, bytes) : files.put(asAsync(parts));
}

function putAtOnce(files: FileStore, parts: readonly Uint8Array[], bytes: number): StoredFile {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const sha256 = hash.digest('hex');
  // The store removes what a killed process left under such a name.
  const partial = `${files.path(sha256)}.${randomUUID()}.partial`;
  const file = openSync(partial, 'wx');
  try {
    for (const part of parts) writeAll(file, part);
    fsyncSync(file);
  } catch (thrown) {
    rmSync(partial, { force: true });
    throw thrown;
  } finally {
    closeSync(file);
  }
  renameSync(partial, files.path(sha256));
  return { sha256, bytes };
}

/** `writeSync` may write less than it was given. */
function writeAll(file: number, part: Uint8Array): void {
  for (let offset = 0; offset < part.byteLength; ) offset += writeSync(file, part, offset);
}

async function* asAsync(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
