import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { CodedError } from './errors.ts';

/**
 * Chunks are written together: a call of the system for each would take longer than the writing. Twice this is what an
 * upload holds in memory.
 */
const WRITE_BYTES = 256 * 1024;
/** What is written is handed to the disk this often, so that the sync at the end finds little left to do. */
const SYNC_BYTES = 32 * 1024 * 1024;

/**
 * Writes a stream to a file and hashes it on the way: the system copies and syncs in threads of its own while the
 * caller's thread hashes what comes next. At most two groups of chunks are in memory.
 */
export class HashedWriter {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #unsyncedBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> | undefined;

  /** @param file stays the caller's to close, once `end` or `abandon` has settled. */
  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Takes a chunk, which must not change any more. @returns what to wait for where the disk is slower than the caller. */
  add(chunk: Uint8Array): Promise<void> | undefined {
    this.#hash.update(chunk);
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.byteLength;
    return this.#gatheredBytes >= WRITE_BYTES ? this.#startWriting() : undefined;
  }

  /** Waits until all is on the disk. @returns the sha256. @throws CodedError `E_DISK_FULL` */
  async end(): Promise<string> {
    await this.#startWriting();
    await this.#writing;
    await this.#syncing;
    await this.#file.sync();
    return this.#hash.digest('hex');
  }

  /** Waits until nothing uses the file any more; what came of it is of no interest. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing]);
  }

  async #startWriting(): Promise<void> {
    const chunks = this.#gathered;
    const bytes = this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await this.#writing;
    if (bytes > 0) this.#writing = watched(this.#write(chunks, bytes));
  }

  async #write(chunks: readonly Uint8Array[], bytes: number): Promise<void> {
    const { bytesWritten } = await this.#file.writev(chunks);
    if (bytesWritten < bytes)
      throw new CodedError('E_DISK_FULL', `${bytesWritten} of ${bytes} bytes were written`);
    this.#unsyncedBytes += bytes;
    if (this.#unsyncedBytes < SYNC_BYTES || this.#syncing !== undefined) return;
    this.#unsyncedBytes = 0;
    this.#syncing = watched(
      this.#file.datasync().then(() => {
        this.#syncing = undefined;
      }),
    );
  }
}

/** Its failure is awaited later, and must not count as unhandled until then. */
function watched(work: Promise<void>): Promise<void> {
  work.catch(() => undefined);
  return work;
}
