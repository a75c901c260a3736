import { mkdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { CodedError } from './errors.ts';

export type { Database } from 'libsql';

/**
 * Opens a SQLite file that survives kill -9 and a power cut: WAL, a sync at each commit.
 * @param file path; its folder is made.
 * @throws CodedError `E_DISK_FULL`
 * @param migrations one SQL text a schema version, in order, never edited once released; those not yet applied run.
 */
export function openDatabase(file: string, migrations: readonly string[]): Database.Database {
  mkdirSync(dirname(file), { recursive: true });
  const database = new Database(file);
  try {
    return prepared(database, migrations);
  } catch (thrown) {
    database.close();
    throw databaseError(thrown, dirname(file));
  }
}

function prepared(database: Database.Database, migrations: readonly string[]): Database.Database {
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  const row = database.pragma('user_version', { simple: true });
  const applied = Number(typeof row === 'object' && row !== null ? Object.values(row)[0] : row);
  migrations.slice(applied).forEach((sql, index) => {
    inTransaction(database, () => {
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${applied + index + 1}`);
    });
  });
  return database;
}

/**
 * Runs `work` as one transaction: all of it or nothing. What went wrong first is what is thrown: on a full disk the
 * roll-back fails, too, and would hide the reason.
 * @throws what `work` throws; CodedError `E_DISK_FULL`
 */
export function inTransaction<Result>(database: Database.Database, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (thrown) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself.
    }
    throw databaseError(thrown, folderOf(database));
  }
}

function folderOf(database: Database.Database): string {
  const [main] = database.pragma('database_list') as { file: string }[];
  return dirname(main?.file ?? '.');
}

/** Room below which an input/output error of SQLite means a full disk. */
const LEAST_FREE_BYTES = 256 * 1024;

/** Gives an error of SQLite its code: SQLite reports a full disk as an input/output error where it maps files. */
export function databaseError(thrown: unknown, folder: string): unknown {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (typeof code !== 'string' || !(code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR'))) return thrown;
  const { bavail, bsize } = statfsSync(folder);
  if (code !== 'SQLITE_FULL' && bavail * bsize > LEAST_FREE_BYTES) return thrown;
  return new CodedError('E_DISK_FULL', `the disk of ${folder} is full`, { cause: thrown });
}
