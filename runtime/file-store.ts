import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from './errors.ts';
import { HashedWriter } from './hashed-writer.ts';

/** A stored file: its name is its sha256 (64 hex digits). */
export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
}

const ADOPTED_CHUNK_BYTES = 1024 ** 2;

interface PutOptions {
  /** Refuse what hashes to anything else, with `E_HASH_MISMATCH`. */
  readonly expectedSha256?: string;
  /** Refuse what is longer, with `E_UPDATE_TOO_LARGE`. */
  readonly maximumBytes?: number;
}

/**
 * Files named by their sha256 in one folder. A file is written under a temporary name, synced and renamed, so that a
 * name that exists always has its whole content.
 */
export class FileStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens a store, makes its folder and removes temporary files that a killed process left. */
  static async open(folder: string): Promise<FileStore> {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (name.endsWith('.partial')) await rm(join(folder, name), { force: true });
    }
    return new FileStore(folder);
  }

  /** Path of a stored file, whether it is there or not. @throws RangeError if `sha256` is not 64 hex digits. */
  path(sha256: string): string {
    // The name comes from outside: nothing but a hash may become part of a path.
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new RangeError('not a sha256');
    return join(this.#folder, sha256);
  }

  has(sha256: string): boolean {
    return existsSync(this.path(sha256));
  }

  /** Stores a stream durably. A file that is already there is kept. */
  async put(content: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredFile> {
    const partial = this.partial();
    let bytes = 0;
    const file = await open(partial, 'wx');
    const writer = new HashedWriter(file);
    try {
      for await (const chunk of content) {
        bytes += chunk.byteLength;
        if (options.maximumBytes !== undefined && bytes > options.maximumBytes) {
          throw new CodedError('E_UPDATE_TOO_LARGE', `more than the ${options.maximumBytes} bytes allowed`);
        }
        const busy = writer.add(chunk);
        if (busy !== undefined) await busy;
      }
      const sha256 = await writer.end();
      if (options.expectedSha256 !== undefined && options.expectedSha256 !== sha256) {
        throw new CodedError(
          'E_HASH_MISMATCH',
          `expected sha256 ${options.expectedSha256}, the content has ${sha256}`,
        );
      }
      await file.close();
      await rename(partial, this.path(sha256));
      await this.#syncFolder();
      return { sha256, bytes };
    } catch (thrown) {
      await writer.abandon();
      await file.close().catch(() => undefined);
      await rm(partial, { force: true });
      throw thrown;
    }
  }

  /** A name for a file that is not whole yet; what a killed process leaves under it is removed when the store opens. */
  partial(): string {
    return join(this.#folder, `${randomUUID()}.partial`);
  }

  /** Stores durably what was written under a name of `partial`. */
  async adopt(partial: string): Promise<StoredFile> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of createReadStream(partial, { highWaterMark: ADOPTED_CHUNK_BYTES })) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    const sha256 = hash.digest('hex');
    const file = await open(partial, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, this.path(sha256));
    await this.#syncFolder();
    return { sha256, bytes };
  }

  /** Reads a stored file in chunks. @throws CodedError `E_NOT_FOUND` */
  async read(
    sha256: string,
    range: { start?: number; end?: number } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    await this.size(sha256);
    return createReadStream(this.path(sha256), range);
  }

  /** Bytes of a stored file. @throws CodedError `E_NOT_FOUND` */
  async size(sha256: string): Promise<number> {
    try {
      return (await stat(this.path(sha256))).size;
    } catch (cause) {
      throw new CodedError('E_NOT_FOUND', `no file with sha256 ${sha256} in the store`, { cause });
    }
  }

  /** A name is as durable as its folder. */
  async #syncFolder(): Promise<void> {
    // Windows keeps names by itself and opens no folders.
    if (process.platform === 'win32') return;
    const folder = await open(this.#folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async delete(sha256: string): Promise<void> {
    try {
      // Not `rm`, which looks at the file first: that costs more than the removal.
      await unlink(this.path(sha256));
    } catch (thrown) {
      if ((thrown as { code?: string }).code !== 'ENOENT') throw thrown;
    }
  }
}
