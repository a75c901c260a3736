import { join } from 'node:path';
import Database from 'libsql';
import { databaseError } from './database.ts';
import { CodedError } from './errors.ts';
import { makeFolder } from './make-folder.ts';

/** Ownership of a state folder; it ends with `release` or with the process, even by kill -9. */
export interface StateLock {
  release(): void;
}

/**
 * Makes this process the one owner of a state folder. The lock is an exclusive SQLite lock, so that a dead owner
 * leaves nothing behind that somebody must clean up.
 * @throws CodedError `E_STATE_IN_USE` if another process owns it, `E_DISK_FULL` if there is no room for the lock,
 * `E_FOLDER_UNUSABLE`
 */
export function lockState(folder: string): StateLock {
  makeFolder(folder);
  const database = new Database(join(folder, 'owner.lock'), { timeout: 0 });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS owner (pid INTEGER); COMMIT; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    const code = String((cause as { code?: unknown }).code);
    if (!code.startsWith('SQLITE_BUSY')) throw databaseError(cause, folder);
    throw new CodedError('E_STATE_IN_USE', `the state folder ${folder} belongs to another running process`, {
      cause,
    });
  }
  return {
    release: () => {
      database.exec('ROLLBACK');
      // An exclusive connection keeps its lock until it reads in normal mode; closing it only marks it for collection.
      database.pragma('locking_mode = NORMAL');
      database.exec('SELECT 1 FROM sqlite_master');
      database.close();
    },
  };
}
