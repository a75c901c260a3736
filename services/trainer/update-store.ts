import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
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

/** Up to this size an update is read at once and sent from memory: that takes less time than a stream's thread changes. */
const SMALL_BYTES = 512 * 1024;

/** Finished updates by their contribution key, stored before they are sent: a retry sends the same bytes. */
export class UpdateStore {
  readonly #database: Database;
  readonly #statements;
  readonly #files: FileStore;
  readonly #workFolder: string;

  private constructor(database: Database, files: FileStore, workFolder: string) {
    this.#database = database;
    this.#statements = prepareStatements(database);
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
    return new UpdateStore(database, await FileStore.open(join(folder, 'updates')), workFolder);
  }

  find({ run, round, roundAttempt, participant }: ContributionKey): FileToSend | undefined {
    const row = this.#statements.find.get(run, round, roundAttempt, participant) as
      | { sha256: string; bytes: number }
      | undefined;
    if (row === undefined || !this.#files.has(row.sha256)) return undefined;
    const file = { path: this.#files.path(row.sha256), sha256: row.sha256, bytes: row.bytes };
    if (row.bytes > SMALL_BYTES) return file;
    const content = readFileSync(file.path);
    // A small file was not synced: after a power cut it may lack what it had, and is trained again.
    return sha256Of(content) === row.sha256 ? { ...file, content } : undefined;
  }

  /** Stores the update that `write` puts into the file it is given. It survives kill -9 when this resolves. */
  async keep(
    key: ContributionKey,
    federation: string,
    write: (file: string) => Promise<unknown>,
  ): Promise<FileToSend> {
    return this.written(write, async ({ path }) => {
      const file = statSync(path).size > SMALL_BYTES ? await this.#takeLarge(path) : this.#takeSmall(path);
      const { run, round, roundAttempt, participant } = key;
      this.#statements.insert.run(run, round, roundAttempt, participant, federation, file.sha256, file.bytes);
      return file;
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
      rmSync(path, { force: true });
    }
  }

  /**
   * Forgets what nobody will ask for again: this participant's earlier rounds and attempts of the run, and the
   * federation's other runs, as only one is unfinished at a time.
   */
  async forgetBefore(key: ContributionKey, federation: string): Promise<void> {
    const { run, participant, round, roundAttempt } = key;
    const { forgetRuns, forgetRounds } = this.#statements;
    const rows = [
      ...forgetRuns.all(federation, run),
      ...forgetRounds.all(run, participant, round, roundAttempt),
    ] as { sha256: string }[];
    for (const { sha256 } of rows) await this.#files.delete(sha256);
  }

  close(): void {
    this.#database.close();
  }

  #takeSmall(from: string): FileToSend {
    const content = readFileSync(from);
    const sha256 = sha256Of(content);
    const path = this.#files.path(sha256);
    renameSync(from, path);
    return { path, sha256, bytes: content.byteLength, content };
  }

  async #takeLarge(from: string): Promise<FileToSend> {
    const { sha256, bytes } = await this.#files.put(createReadStream(from));
    return { path: this.#files.path(sha256), sha256, bytes };
  }
}

function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Each is prepared once, since every job uses them. */
function prepareStatements(database: Database) {
  return {
    find: database.prepare(
      `SELECT sha256, bytes FROM contribution
       WHERE run = ? AND round = ? AND round_attempt = ? AND participant = ?`,
    ),
    insert: database.prepare(
      `INSERT OR REPLACE INTO contribution (run, round, round_attempt, participant, federation, sha256, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    forgetRuns: database.prepare(
      'DELETE FROM contribution WHERE federation = ? AND run <> ? RETURNING sha256',
    ),
    forgetRounds: database.prepare(
      `DELETE FROM contribution WHERE run = ? AND participant = ? AND (round, round_attempt) < (?, ?)
       RETURNING sha256`,
    ),
  };
}
