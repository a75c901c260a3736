import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';

export type { Database } from 'libsql';

/**
 * Opens a SQLite file that survives kill -9 and a power cut: WAL, a sync at each commit.
 * @param file path; its folder is made.
 * @param migrations one SQL text a schema version, in order, never edited once released; those not yet applied run.
 */
export function openDatabase(file: string, migrations: readonly string[]): Database.Database {
  mkdirSync(dirname(file), { recursive: true });
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  const row = database.pragma('user_version', { simple: true });
  const applied = Number(typeof row === 'object' && row !== null ? Object.values(row)[0] : row);
  migrations.slice(applied).forEach((sql, index) => {
    database.transaction(() => {
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${applied + index + 1}`);
    })();
  });
  return database;
}
