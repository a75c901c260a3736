import type { Attachment } from './attachment-store.ts';
import type { Sql } from './sql.ts';

/** The picture of a shell's asset; its bytes lie among the attachments. Writes belong into a transaction. */
export class ThumbnailStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** @param shell row number of the shell. */
  get(shell: number): Attachment | undefined {
    return this.#sql.get<Attachment>(
      `SELECT file_name AS fileName, content_type AS contentType, sha256, bytes FROM thumbnails WHERE shell = ?`,
      shell,
    );
  }

  /** Belongs inside `whileArriving` of the attachments. */
  put(shell: number, { fileName, contentType, sha256, bytes }: Attachment): void {
    this.#sql.run(
      `INSERT INTO thumbnails (shell, file_name, content_type, sha256, bytes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (shell) DO UPDATE SET file_name = excluded.file_name, content_type = excluded.content_type,
         sha256 = excluded.sha256, bytes = excluded.bytes`,
      shell,
      fileName,
      contentType,
      sha256,
      bytes,
    );
  }

  /** @returns whether there was one. */
  remove(shell: number): boolean {
    return this.#sql.run('DELETE FROM thumbnails WHERE shell = ?', shell).changes > 0;
  }
}
