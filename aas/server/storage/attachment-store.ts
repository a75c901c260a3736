import { randomUUID } from 'node:crypto';
import { createReadStream, linkSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { CodedError } from '../../../runtime/errors.ts';
import { FileStore, type StoredFile } from '../../../runtime/file-store.ts';
import type { Sql } from './sql.ts';

/** The file behind a File element. */
export interface Attachment {
  readonly fileName: string;
  readonly contentType: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Files behind File elements, kept once however many elements have the same content. */
export class AttachmentStore {
  /** Folder of the files, each named by its sha256. */
  readonly folder: string;
  readonly #sql: Sql;
  readonly #files: FileStore;
  /** Files that arrive and have no row yet; while there are any, nothing is thrown away. */
  #arriving = 0;
  #throwAway = false;

  private constructor(sql: Sql, files: FileStore, folder: string) {
    this.#sql = sql;
    this.#files = files;
    this.folder = folder;
  }

  /** Opens the store and throws away files without an element, which a killed process may leave. */
  static async open(sql: Sql, folder: string): Promise<AttachmentStore> {
    const store = new AttachmentStore(sql, await FileStore.open(folder), folder);
    for (const name of readdirSync(folder)) {
      if (/^[0-9a-f]{64}$/.test(name)) store.#throwAwayUnused(name);
    }
    return store;
  }

  get(submodel: number, path: string): Attachment | undefined {
    return this.#sql.get<Attachment>(
      `SELECT file_name AS fileName, content_type AS contentType, sha256, bytes FROM attachments
       WHERE submodel = ? AND path = ?`,
      submodel,
      path,
    );
  }

  /** The attachments of a submodel, with the paths of their elements. */
  list(submodel: number): readonly (Attachment & { readonly path: string })[] {
    return this.#sql.all<Attachment & { readonly path: string }>(
      `SELECT path, file_name AS fileName, content_type AS contentType, sha256, bytes FROM attachments
       WHERE submodel = ? ORDER BY path`,
      submodel,
    );
  }

  /** Makes a file the attachment of an element that exists. Belongs into a transaction inside `whileArriving`. */
  put(submodel: number, path: string, attachment: Attachment): void {
    this.#sql.run(
      `INSERT INTO attachments (submodel, path, file_name, content_type, sha256, bytes) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (submodel, path) DO UPDATE SET file_name = excluded.file_name,
         content_type = excluded.content_type, sha256 = excluded.sha256, bytes = excluded.bytes`,
      submodel,
      path,
      attachment.fileName,
      attachment.contentType,
      attachment.sha256,
      attachment.bytes,
    );
  }

  /** @returns whether there was one. */
  remove(submodel: number, path: string): boolean {
    const remove = 'DELETE FROM attachments WHERE submodel = ? AND path = ?';
    return this.#sql.run(remove, submodel, path).changes > 0;
  }

  /** Runs `work`, which takes files in and gives them rows; none is thrown away in between. */
  async whileArriving<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#arriving++;
    try {
      return await work();
    } finally {
      this.#arriving--;
      if (this.#throwAway) this.collect();
    }
  }

  /** Path of a stored file. */
  path(sha256: string): string {
    return this.#files.path(sha256);
  }

  /** Takes in a stream. @throws CodedError `E_UPDATE_TOO_LARGE` beyond `maximumBytes` */
  receive(content: AsyncIterable<Uint8Array>, maximumBytes: number): Promise<StoredFile> {
    return this.#files.put(content, { maximumBytes });
  }

  /**
   * Takes in a file of another store: a second name for the same bytes where the file system can, else a copy.
   * @throws CodedError `E_FILE_NOT_FOUND`, `E_HASH_MISMATCH` of a copy
   */
  async link(file: string, sha256: string): Promise<StoredFile> {
    if (!this.#files.has(sha256)) {
      try {
        linkSync(file, this.#files.path(sha256));
      } catch (thrown) {
        const { code } = thrown as { code?: string };
        if (code === 'ENOENT') {
          throw new CodedError('E_FILE_NOT_FOUND', `there is no file to publish with sha256 ${sha256}`, {
            cause: thrown,
          });
        }
        // Another file system, or one without links.
        if (code !== 'EEXIST') await this.#files.put(createReadStream(file), { expectedSha256: sha256 });
      }
    }
    return { sha256, bytes: await this.#files.size(sha256) };
  }

  /** Throws away files that lost their last element, as soon as no file is arriving. */
  collect(): void {
    this.#throwAway = this.#arriving > 0;
    if (this.#throwAway) return;
    const released = this.#sql.all<{ sha256: string }>('SELECT sha256 FROM released_files');
    if (released.length === 0) return;
    for (const { sha256 } of released) this.#throwAwayUnused(sha256);
    this.#sql.run('DELETE FROM released_files');
  }

  #throwAwayUnused(sha256: string): void {
    const used = this.#sql.get(
      `SELECT 1 AS used FROM attachments WHERE sha256 = ?1 UNION ALL
       SELECT 1 AS used FROM thumbnails WHERE sha256 = ?1 LIMIT 1`,
      sha256,
    );
    if (used === undefined) dropFile(this.#files.path(sha256));
  }
}

/**
 * Takes a file's name away at once and its bytes later: freeing a large file takes the system a moment in which nothing
 * else would be answered. What a kill leaves of it is removed when the store is opened again.
 */
function dropFile(file: string): void {
  const dropped = `${file}.${randomUUID()}.partial`;
  try {
    renameSync(file, dropped);
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'ENOENT') return;
    throw thrown;
  }
  // It has no name any more that anybody asks for: the next start tries again.
  rm(dropped, { force: true }).catch(() => undefined);
}
