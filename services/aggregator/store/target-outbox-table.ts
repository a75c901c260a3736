import type { Database } from '../../../runtime/database.ts';
import type { PendingPublication } from './publication-table.ts';
import { query } from './query.ts';

/** Something that an outside target does not show yet. */
export interface PendingForTarget extends PendingPublication {
  /** Failed tries since it last came in. */
  readonly attempts: number;
}

/**
 * The outbox name of the whole thing that a name stands for a part of. Our own AAS takes parts, so that a state costs
 * little; a target is known to have things, and gets of them what changed.
 */
export function wholeOf(name: string): string {
  return name.replace(/^participant-state:/, 'participant:').replace(/^run:/, 'federation:');
}

/**
 * The outbox of the outside targets, a row a target and thing: `PublicationTable.add` writes them in the transaction
 * that changes the thing, and they go when the target has taken it.
 */
export class TargetOutboxTable {
  readonly #targets;
  readonly #forgetTarget;
  readonly #addTarget;
  readonly #add;
  readonly #pending;
  readonly #count;
  readonly #done;
  readonly #fail;

  constructor(database: Database) {
    this.#targets = query<{ id: string }>(database, 'SELECT id FROM publication_targets');
    this.#forgetTarget = [
      'DELETE FROM publication_targets WHERE id = ?',
      'DELETE FROM target_publications WHERE target = ?',
      'DELETE FROM target_objects WHERE target = ?',
    ].map((sql) => query(database, sql));
    this.#addTarget = query(database, 'INSERT INTO publication_targets VALUES (?) ON CONFLICT DO NOTHING');
    this.#add = query(
      database,
      `INSERT INTO target_publications VALUES (?, ?, 1, 0, NULL)
       ON CONFLICT (target, name) DO UPDATE SET revision = target_publications.revision + 1`,
    );
    this.#pending = query<PendingForTarget>(
      database,
      'SELECT name, revision, attempts, reason FROM target_publications WHERE target = ?',
    );
    this.#count = query<{ count: number }>(
      database,
      'SELECT count(*) AS count FROM target_publications WHERE target = ?',
    );
    this.#done = query(
      database,
      'DELETE FROM target_publications WHERE target = ? AND name = ? AND revision <= ?',
    );
    this.#fail = query(
      database,
      'UPDATE target_publications SET attempts = attempts + 1, reason = ? WHERE target = ? AND name = ?',
    );
  }

  /** Makes these the targets; what was pending for others, and what they hold, is forgotten. */
  setTargets(ids: readonly string[]): void {
    for (const { id } of this.#targets.all()) {
      if (!ids.includes(id)) for (const statement of this.#forgetTarget) statement.run(id);
    }
    for (const id of ids) this.#addTarget.run(id);
  }

  add(target: string, name: string): void {
    this.#add.run(target, name);
  }

  pending(target: string): PendingForTarget[] {
    return this.#pending.all(target);
  }

  count(target: string): number {
    return this.#count.get(target)?.count ?? 0;
  }

  /** The target has the thing as of this revision; if it changed since, it stays. */
  done(target: string, name: string, revision: number): void {
    this.#done.run(target, name, revision);
  }

  fail(target: string, name: string, reason: string): void {
    this.#fail.run(reason, target, name);
  }
}
