import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  NO_STATE,
  type ParticipantState,
  proposeState,
  type StateJob,
  settleState,
} from '../../../learning/strategies/participant-state.ts';
import { type Database, inTransaction, openDatabase } from '../../../runtime/database.ts';
import { FileStore } from '../../../runtime/file-store.ts';

const MIGRATIONS = [
  `CREATE TABLE state (
     run TEXT NOT NULL, strategy TEXT NOT NULL, federation TEXT NOT NULL, state TEXT NOT NULL,
     PRIMARY KEY (run, strategy));`,
];

/** Whose state it is, beside the participant's. */
export interface StateKey {
  readonly run: string;
  readonly federation: string;
  /** Key of the strategy. */
  readonly strategy: string;
}

/** What a job finds; `file` is that of the last update that counted, if there was one. */
export type FoundState =
  | { readonly kind: 'ready'; readonly file: string | undefined }
  | { readonly kind: 'stale' }
  | { readonly kind: 'lost' };

/** What is kept is a file, named by its sha256. */
type FileState = ParticipantState<string>;

interface Opened {
  readonly database: Database;
  readonly files: FileStore;
}

/**
 * What one participant keeps of its strategies, beside its data set: the state of its last update that counted, and those
 * of updates of which it does not know yet. Whatever is told to be kept survives a power cut.
 */
export class ParticipantStates {
  readonly #folder: string;
  #opened: Promise<Opened> | undefined;
  #database: Database | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param folder of its own; it is made with the first state. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Brings the state to what the aggregator counts (`settleState`), when a job arrives; doing it twice changes nothing. */
  settle(key: StateKey, job: StateJob): Promise<FoundState> {
    return this.#inTurn((opened) => this.#settle(opened, key, job));
  }

  async #settle(opened: Opened, key: StateKey, job: StateJob): Promise<FoundState> {
    const settled = inTransaction(opened.database, () => {
      const found = settleState(this.#read(opened, key), job);
      if (found.kind !== 'stale') this.#write(opened, key, found.state);
      return found;
    });
    if (settled.kind === 'stale') return settled;
    await this.#removeUnnamed(opened);
    if (settled.kind === 'lost') return { kind: 'lost' };
    const { current } = settled.state;
    if (current === undefined) return { kind: 'ready', file: undefined };
    // The file may be gone while its row is not: by hand, or with a disk.
    if (!opened.files.has(current.content)) return { kind: 'lost' };
    return { kind: 'ready', file: opened.files.path(current.content) };
  }

  /** A path where a training may write what is to be proposed. */
  async newFile(): Promise<string> {
    return (await this.#open()).files.partial();
  }

  /**
   * Keeps what a job's training left behind, until its update counts or is known not to. To be awaited before the update
   * can leave.
   * @param proposal sha256 of the update, and the path of `newFile` that was written.
   */
  propose(
    key: StateKey,
    job: Pick<StateJob, 'round' | 'roundAttempt'>,
    proposal: { readonly update: string; readonly file: string },
  ): Promise<void> {
    return this.#inTurn(async (opened) => {
      const { sha256 } = await opened.files.adopt(proposal.file);
      const { round, roundAttempt } = job;
      inTransaction(opened.database, () => {
        const content = { round, roundAttempt, update: proposal.update, content: sha256 };
        this.#write(opened, key, proposeState(this.#read(opened, key), content));
      });
    });
  }

  /**
   * The file of what is kept of an update, for the participant's own use of a version.
   * @param update the participant's last that counted; without it, the newest one is taken.
   */
  async fileOf(key: Pick<StateKey, 'run' | 'strategy'>, update?: string): Promise<string | undefined> {
    if (this.#opened === undefined && !existsSync(this.#databaseFile)) return undefined;
    const opened = await this.#open();
    const { current, provisional } = this.#read(opened, key);
    const known = [...(current === undefined ? [] : [current]), ...provisional];
    const found = update === undefined ? known.at(-1) : known.find((each) => each.update === update);
    if (found === undefined || !opened.files.has(found.content)) return undefined;
    return opened.files.path(found.content);
  }

  /** Forgets what was kept in a federation's other runs: only one of its runs is unfinished at a time. */
  async forgetOtherRuns(federation: string, run: string): Promise<void> {
    if (this.#opened === undefined && !existsSync(this.#databaseFile)) return;
    await this.#inTurn(async (opened) => {
      const { changes } = opened.database
        .prepare('DELETE FROM state WHERE federation = ? AND run <> ?')
        .run(federation, run);
      if (changes > 0) await this.#removeUnnamed(opened);
    });
  }

  /** Once no job uses it any more. */
  close(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#opened = undefined;
  }

  get #databaseFile(): string {
    return join(this.#folder, 'states.sqlite');
  }

  /** One after the other: a file that has no row yet must not be taken for one that has none any more. */
  #inTurn<Value>(work: (opened: Opened) => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(async () => work(await this.#open()));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Few strategies keep anything: only then is there a database to open. */
  #open(): Promise<Opened> {
    this.#opened ??= (async () => {
      const files = await FileStore.open(join(this.#folder, 'files'));
      this.#database = openDatabase(this.#databaseFile, MIGRATIONS);
      const opened = { files, database: this.#database };
      await this.#removeUnnamed(opened);
      return opened;
    })();
    return this.#opened;
  }

  #read({ database }: Opened, { run, strategy }: Pick<StateKey, 'run' | 'strategy'>): FileState {
    const row = database
      .prepare('SELECT state FROM state WHERE run = ? AND strategy = ?')
      .get(run, strategy) as { state: string } | undefined;
    // Only `#write` writes it.
    return row === undefined ? NO_STATE : (JSON.parse(row.state) as FileState);
  }

  #write({ database }: Opened, { run, strategy, federation }: StateKey, state: FileState): void {
    database
      .prepare('INSERT OR REPLACE INTO state (run, strategy, federation, state) VALUES (?, ?, ?, ?)')
      .run(run, strategy, federation, JSON.stringify(state));
  }

  /** Removes the files that no state names any more; those that a process left when it died, too. */
  async #removeUnnamed({ database, files }: Opened): Promise<void> {
    const rows = database.prepare('SELECT state FROM state').all() as { state: string }[];
    const named = new Set(
      rows.flatMap(({ state }) => {
        // Only `#write` writes it.
        const { current, provisional } = JSON.parse(state) as FileState;
        return [...(current === undefined ? [] : [current]), ...provisional].map(({ content }) => content);
      }),
    );
    const names = readdirSync(join(this.#folder, 'files')).filter((name) => /^[0-9a-f]{64}$/.test(name));
    for (const name of names) if (!named.has(name)) await files.delete(name);
  }
}
