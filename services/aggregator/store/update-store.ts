import { createHash } from 'node:crypto';
import type { Database } from '../../../runtime/database.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { FileStore } from '../../../runtime/file-store.ts';
import { fileChunks } from './file-chunks.ts';
import { query } from './query.ts';

/** An update whose bytes are in and hash to what was said, but which does not count yet. */
export interface SpooledUpdate {
  readonly sha256: string;
  readonly bytes: number;
  /** Its bytes in memory, or the path of its file. */
  readonly place: Uint8Array | string;
  /** Its content, from the beginning at each call. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Makes it durable; part of the caller's transaction. */
  keep(): void;
  /** Forgets it: it was refused. */
  discard(): Promise<void>;
}

interface SpoolOptions {
  /** Refuse what hashes to anything else, with `E_HASH_MISMATCH`. */
  readonly expectedSha256: string;
  /** Refuse what is longer, with `E_UPDATE_TOO_LARGE`. */
  readonly maximumBytes: number;
}

/** Up to this size an update lies in the database: there it shares the sync of the commit that counts it. */
const SMALL_BYTES = 256 * 1024;

/** Bytes of small updates that stay in memory at most, for the fold that soon follows. */
const RECENT_BYTES = 16 * 1024 ** 2;

/** The bytes of updates, by their sha256: small ones in the database, large ones as files. */
export class UpdateStore {
  readonly #files: FileStore;
  readonly #insert;
  readonly #get;
  readonly #delete;
  readonly #recent = new Map<string, Uint8Array>();
  #recentBytes = 0;

  constructor(database: Database, files: FileStore) {
    this.#files = files;
    this.#insert = query(database, 'INSERT INTO update_bytes VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#get = query<{ bytes: Uint8Array }>(database, 'SELECT bytes FROM update_bytes WHERE sha256 = ?');
    this.#delete = query(database, 'DELETE FROM update_bytes WHERE sha256 = ?');
  }

  /** Takes an update's bytes. @throws CodedError `E_HASH_MISMATCH`, `E_UPDATE_TOO_LARGE` */
  async spool(body: AsyncIterable<Uint8Array>, options: SpoolOptions): Promise<SpooledUpdate> {
    const source = body[Symbol.asyncIterator]();
    const first: Uint8Array[] = [];
    let bytes = 0;
    while (bytes <= SMALL_BYTES) {
      const next = await source.next();
      if (next.done === true) return this.#small(Buffer.concat(first), options);
      first.push(next.value);
      bytes += next.value.byteLength;
    }
    return this.#large(joined(first, source), options);
  }

  /** Where a kept update lies: its bytes in memory, or the path of its file. @throws CodedError `E_NOT_FOUND` */
  locate(sha256: string, bytes: number): Uint8Array | string {
    const small = this.#recent.get(sha256) ?? this.#get.get(sha256)?.bytes;
    if (bytes <= SMALL_BYTES && small !== undefined) return small;
    if (this.#files.has(sha256)) return this.#files.path(sha256);
    throw new CodedError('E_NOT_FOUND', `no update with sha256 ${sha256} in the store`);
  }

  /** Forgets a small update; part of the caller's transaction. @returns whether it was one. */
  deleteSmall(sha256: string): boolean {
    this.#recentBytes -= this.#recent.get(sha256)?.byteLength ?? 0;
    this.#recent.delete(sha256);
    return this.#delete.run(sha256) > 0;
  }

  async deleteFile(sha256: string): Promise<void> {
    await this.#files.delete(sha256);
  }

  #small(content: Uint8Array, { expectedSha256, maximumBytes }: SpoolOptions): SpooledUpdate {
    if (content.byteLength > maximumBytes) {
      throw new CodedError('E_UPDATE_TOO_LARGE', `more than the ${maximumBytes} bytes allowed`);
    }
    const sha256 = createHash('sha256').update(content).digest('hex');
    if (sha256 !== expectedSha256) {
      const message = `expected sha256 ${expectedSha256}, the content has ${sha256}`;
      throw new CodedError('E_HASH_MISMATCH', message);
    }
    return {
      sha256,
      bytes: content.byteLength,
      place: content,
      chunks: async function* () {
        yield content;
      },
      keep: () => {
        this.#insert.run(sha256, content);
        this.#remember(sha256, content);
      },
      discard: async () => undefined,
    };
  }

  #remember(sha256: string, content: Uint8Array): void {
    if (this.#recent.has(sha256) || this.#recentBytes + content.byteLength > RECENT_BYTES) return;
    this.#recent.set(sha256, content);
    this.#recentBytes += content.byteLength;
  }

  async #large(content: AsyncIterable<Uint8Array>, options: SpoolOptions): Promise<SpooledUpdate> {
    const { sha256, bytes } = await this.#files.put(content, options);
    return {
      sha256,
      bytes,
      place: this.#files.path(sha256),
      chunks: () => fileChunks(this.#files, sha256, bytes),
      keep: () => undefined,
      discard: () => this.#files.delete(sha256),
    };
  }
}

async function* joined(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}
