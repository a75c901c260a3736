import { readFileSync } from 'node:fs';
import type { FileStore } from '../../../runtime/file-store.ts';

/** Up to this size a file is read at once: that takes less time than the thread changes of a stream. */
const AT_ONCE_BYTES = 512 * 1024;

/** The content of a stored file in chunks; large files let other work pass between two of them. */
export async function* fileChunks(
  files: FileStore,
  sha256: string,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  if (bytes <= AT_ONCE_BYTES) yield readFileSync(files.path(sha256));
  else yield* await files.read(sha256);
}
