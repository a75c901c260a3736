import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';

/** The model versions that operators selected to be used; a federation without an entry uses its newest. */
export class ServedVersionTable {
  readonly #get;
  readonly #put;
  readonly #delete;

  constructor(database: Database) {
    this.#get = query<{ number: number }>(
      database,
      'SELECT number FROM served_versions WHERE federation = ?',
    );
    this.#put = query(
      database,
      'INSERT INTO served_versions VALUES (?, ?) ON CONFLICT (federation) DO UPDATE SET number = excluded.number',
    );
    this.#delete = query(database, 'DELETE FROM served_versions WHERE federation = ?');
  }

  get(federation: string): number | undefined {
    return this.#get.get(federation)?.number;
  }

  put(federation: string, number: number): void {
    this.#put.run(federation, number);
  }

  /** Lets the federation follow its newest version again. */
  delete(federation: string): void {
    this.#delete.run(federation);
  }
}
