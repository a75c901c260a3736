import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';

/** What outside targets hold of us: each thing's kind and id, its outbox name, and a fingerprint of what was written. */
export class TargetObjectTable {
  readonly #get;
  readonly #put;
  readonly #forget;
  readonly #of;
  readonly #names;

  constructor(database: Database) {
    this.#get = query<{ fingerprint: string }>(
      database,
      'SELECT fingerprint FROM target_objects WHERE target = ? AND kind = ? AND id = ?',
    );
    this.#put = query(
      database,
      `INSERT INTO target_objects VALUES (?, ?, ?, ?, ?) ON CONFLICT (target, kind, id)
       DO UPDATE SET name = excluded.name, fingerprint = excluded.fingerprint`,
    );
    this.#forget = query(database, 'DELETE FROM target_objects WHERE target = ? AND kind = ? AND id = ?');
    this.#of = query<{ kind: string; id: string }>(
      database,
      'SELECT kind, id FROM target_objects WHERE target = ? AND name = ?',
    );
    this.#names = query<{ name: string }>(
      database,
      'SELECT DISTINCT name FROM target_objects WHERE target = ?',
    );
  }

  get(target: string, kind: string, id: string): string | undefined {
    return this.#get.get(target, kind, id)?.fingerprint;
  }

  put(target: string, kind: string, id: string, name: string, fingerprint: string): void {
    this.#put.run(target, kind, id, name, fingerprint);
  }

  forget(target: string, kind: string, id: string): void {
    this.#forget.run(target, kind, id);
  }

  /** What the target holds of the thing with that outbox name. */
  of(target: string, name: string): { kind: string; id: string }[] {
    return this.#of.all(target, name);
  }

  /** Outbox names of all that the target holds. */
  names(target: string): string[] {
    return this.#names.all(target).map(({ name }) => name);
  }
}
