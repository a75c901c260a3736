import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';

/** What is left of each running deadline, so that only the time in which the aggregator was up counts. */
export class DeadlineTable {
  readonly #get;
  readonly #put;
  readonly #delete;

  constructor(database: Database) {
    this.#get = query<{ remaining_ms: number }>(
      database,
      'SELECT remaining_ms FROM deadlines WHERE name = ?',
    );
    this.#put = query(
      database,
      'INSERT INTO deadlines VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET remaining_ms = excluded.remaining_ms',
    );
    this.#delete = query(database, 'DELETE FROM deadlines WHERE name = ?');
  }

  get(name: string): number | undefined {
    return this.#get.get(name)?.remaining_ms;
  }

  put(name: string, remainingMs: number): void {
    this.#put.run(name, Math.max(0, Math.round(remainingMs)));
  }

  delete(name: string): void {
    this.#delete.run(name);
  }
}
