import type { Database } from '../../../runtime/database.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import { query } from './query.ts';
import type { VersionRow } from './version-table.ts';

type VersionKey = Pick<VersionRow, 'federation' | 'group' | 'number'>;

/** What strategies keep beside each model version, as files of the version store. */
export class StrategyStateTable {
  readonly #get;
  readonly #put;

  constructor(database: Database) {
    this.#get = query<StoredFile>(
      database,
      'SELECT sha256, bytes FROM strategy_states WHERE federation = ? AND model_group = ? AND number = ?',
    );
    this.#put = query(database, 'INSERT INTO strategy_states VALUES (?, ?, ?, ?, ?)');
  }

  /** The state that belongs to a version; undefined where its strategy begins anew. */
  get({ federation, group, number }: VersionKey): StoredFile | undefined {
    return this.#get.get(federation, group, number);
  }

  put({ federation, group, number }: VersionKey, { sha256, bytes }: StoredFile): void {
    this.#put.run(federation, group, number, sha256, bytes);
  }
}
