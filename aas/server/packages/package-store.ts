import { join } from 'node:path';
import { CodedError } from '../../../runtime/errors.ts';
import { type Page, type PageRequest, pageOf } from '../storage/page.ts';
import type { Sql } from '../storage/sql.ts';
import { PackageFiles, type SpooledFile } from './package-files.ts';

/** What is known of a stored package. */
export interface StoredPackage {
  readonly id: string;
  readonly fileName: string;
  /** Name of its file in the folder of the store. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A package as the AASX file server describes it (IDTA-01002, PackageDescription). */
export interface PackageDescription {
  readonly packageId: string;
  readonly aasIds: readonly string[];
}

const COLUMNS = 'seq, id, file_name AS fileName, file, sha256, bytes';

/** AASX packages as files, found by their id and by the shells inside. Writes belong into a transaction. */
export class PackageStore {
  readonly files: PackageFiles;
  readonly #sql: Sql;

  constructor(sql: Sql, folder: string) {
    this.#sql = sql;
    this.files = new PackageFiles(
      join(folder, 'packages'),
      (file) => sql.get('SELECT 1 AS kept FROM packages WHERE file = ?', file) !== undefined,
    );
  }

  find(id: string): StoredPackage | undefined {
    return this.#sql.get<PackageRow>(`SELECT ${COLUMNS} FROM packages WHERE id = ?`, id);
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  require(id: string): StoredPackage {
    const stored = this.find(id);
    if (stored === undefined) throw new CodedError('E_AAS_NOT_FOUND', `there is no package ${id}`);
    return stored;
  }

  /** The package with the same bytes, if there is one. */
  findContent(sha256: string): StoredPackage | undefined {
    return this.#sql.get<PackageRow>(`SELECT ${COLUMNS} FROM packages WHERE sha256 = ?`, sha256);
  }

  /** Packages in the order in which they came; those with a shell of one of `aasIds`, if any are given. */
  list(page: PageRequest, aasIds: readonly string[]): Page<PackageDescription> {
    const filter =
      aasIds.length === 0
        ? ''
        : 'AND seq IN (SELECT package FROM package_shells WHERE aas_id IN (SELECT value FROM json_each(?)))';
    const rows = this.#sql.all<PackageRow>(
      `SELECT ${COLUMNS} FROM packages WHERE seq > ? ${filter} ORDER BY seq LIMIT ?`,
      page.after,
      ...(aasIds.length === 0 ? [] : [JSON.stringify(aasIds)]),
      page.limit + 1,
    );
    return pageOf(rows, page.limit, (row) => this.#describe(row));
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  describe(id: string): PackageDescription {
    const row = this.#sql.get<PackageRow>(`SELECT ${COLUMNS} FROM packages WHERE id = ?`, id);
    if (row === undefined) throw new CodedError('E_AAS_NOT_FOUND', `there is no package ${id}`);
    return this.#describe(row);
  }

  /** Makes a spooled file the content of a package. The file it had before stays until it is removed. */
  put(id: string, fileName: string, spooled: SpooledFile, aasIds: readonly string[]): void {
    this.#sql.run(
      `INSERT INTO packages (id, file_name, file, sha256, bytes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET file_name = excluded.file_name, file = excluded.file,
         sha256 = excluded.sha256, bytes = excluded.bytes`,
      id,
      fileName,
      spooled.name,
      spooled.sha256,
      spooled.bytes,
    );
    const seq = this.#sql.get<{ seq: number }>('SELECT seq FROM packages WHERE id = ?', id)?.seq ?? 0;
    this.#sql.run('DELETE FROM package_shells WHERE package = ?', seq);
    for (const aasId of aasIds) {
      this.#sql.run('INSERT OR IGNORE INTO package_shells (package, aas_id) VALUES (?, ?)', seq, aasId);
    }
  }

  remove(id: string): void {
    this.#sql.run('DELETE FROM packages WHERE id = ?', id);
  }

  /** Whether a file of this content was loaded at an earlier start. */
  wasLoaded(sha256: string): boolean {
    return this.#sql.get('SELECT 1 AS loaded FROM loaded_files WHERE sha256 = ?', sha256) !== undefined;
  }

  markLoaded(sha256: string): void {
    this.#sql.run('INSERT OR IGNORE INTO loaded_files (sha256) VALUES (?)', sha256);
  }

  #describe(row: PackageRow): PackageDescription {
    const select = 'SELECT aas_id AS id FROM package_shells WHERE package = ? ORDER BY rowid';
    return {
      packageId: row.id,
      aasIds: this.#sql.all<{ id: string }>(select, row.seq).map(({ id }) => id),
    };
  }
}

interface PackageRow extends StoredPackage {
  readonly seq: number;
}
