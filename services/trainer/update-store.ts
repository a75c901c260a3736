import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../runtime/database.ts';
import { FileStore } from '../../runtime/file-store.ts';
import type { ContributionKey, FileToSend } from './aggregator-client.ts';

const MIGRATIONS = [
  `CREATE TABLE contribution (
     run TEXT NOT NULL, round INTEGER NOT NULL, round_attempt INTEGER NOT NULL, participant TEXT NOT NULL,
     federation TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,
     PRIMARY KEY (run, round, round_attempt, participant));`,
];

/** Finished updates by their contribution key, stored before they are sent: a retry sends the same bytes. */
export class UpdateStore {
  readonly #database: Database;
  readonly #files: FileStore;
  readonly #workFolder: string;

  private constructor(database: Database, files: FileStore, workFolder: string) {
    this.#database = database;
    this.#files = files;
    this.#workFolder = workFolder;
  }

  static async open(folder: string): Promise<UpdateStore> {
    const workFolder = join(folder, 'work');
    // What lies there was being written when a process died.
    rmSync(workFolder, { recursive: true, force: true });
    mkdirSync(workFolder, { recursive: true });
    const database = openDatabase(join(folder, 'updates.sqlite'), MIGRATIONS);
    // Safe from kill -9 without a sync at each commit. A power cut may lose the last rows; their updates are then trained
    // again and answered as those that counted.
    database.pragma('synchronous = NORMAL');
    // Enough against the death of the process; after a power cut the same bytes are trained again.
    database.pragma('synchronous = NORMAL');
    return new UpdateStore(database, await FileStore.open(join(folder, 'updates')), workFolder);
  }

  find({ run, round, roundAttempt, participant }: ContributionKey): FileToSend | undefined {
    const row = this.#database
      .prepare(
        `SELECT sha256, bytes FROM contribution
         WHERE run = ? AND round = ? AND round_attempt = ? AND participant = ?`,
      )
      .get(run, round, roundAttempt, participant) as { sha256: string; bytes: number } | undefined;
    if (row === undefined || !this.#files.has(row.sha256)) return undefined;
    return { path: this.#files.path(row.sha256), sha256: row.sha256, bytes: row.bytes };
  }

  /** Stores the update that `write` puts into the file it is given. */
  async keep(
    key: ContributionKey,
    federation: string,
    write: (file: string) => Promise<unknown>,
  ): Promise<FileToSend> {
    return this.written(write, async ({ path }) => {
      const { sha256, bytes } = await this.#files.put(createReadStream(path));
      this.#database
        .prepare(
          `INSERT OR REPLACE INTO contribution (run, round, round_attempt, participant, federation, sha256, bytes)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(key.run, key.round, key.roundAttempt, key.participant, federation, sha256, bytes);
      return { path: this.#files.path(sha256), sha256, bytes };
    });
  }

  /** Lets `write` fill a file and `use` read it, and removes it. */
  async written<Value>(
    write: (file: string) => Promise<unknown>,
    use: (file: { readonly path: string }) => Promise<Value>,
  ): Promise<Value> {
    const path = join(this.#workFolder, randomUUID());
    try {
      await write(path);
      return await use({ path });
    } finally {
      await rm(path, { force: true });
    }
  }

  /**
   * Forgets what nobody will ask for again: this participant's earlier rounds and attempts of the run, and the
   * federation's other runs, as only one is unfinished at a time.
   */
  async forgetBefore(key: ContributionKey, federation: string): Promise<void> {
    const rows = this.#database
      .prepare(
        `DELETE FROM contribution
         WHERE (federation = ? AND run <> ?)
            OR (run = ? AND participant = ? AND (round, round_attempt) < (?, ?))
         RETURNING sha256`,
      )
      .all(federation, key.run, key.run, key.participant, key.round, key.roundAttempt) as {
      sha256: string;
    }[];
    for (const { sha256 } of rows) await this.#files.delete(sha256);
  }

  close(): void {
    this.#database.close();
  }
}
