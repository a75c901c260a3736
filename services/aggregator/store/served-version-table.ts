import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';
import type { GroupVersion } from './round-table.ts';

/** The model versions that operators selected to be used; a federation without an entry uses its newest. */
export class ServedVersionTable {
  readonly #get;
  readonly #put;
  readonly #delete;

  constructor(database: Database) {
    this.#get = query<{ number: number; model_group: string }>(
      database,
      'SELECT number, model_group FROM served_versions WHERE federation = ?',
    );
    this.#put = query(
      database,
      `INSERT INTO served_versions VALUES (?, ?, ?) ON CONFLICT (federation) DO UPDATE SET number = excluded.number,
       model_group = excluded.model_group`,
    );
    this.#delete = query(database, 'DELETE FROM served_versions WHERE federation = ?');
  }

  get(federation: string): GroupVersion | undefined {
    const row = this.#get.get(federation);
    return row === undefined ? undefined : { group: row.model_group, number: row.number };
  }

  put(federation: string, { group, number }: GroupVersion): void {
    this.#put.run(federation, number, group);
  }

  /** Lets the federation follow its newest version again. */
  delete(federation: string): void {
    this.#delete.run(federation);
  }
}
