import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';
import { wholeOf } from './target-outbox-table.ts';

/** Something the AAS does not show yet. */
export interface PendingPublication {
  /** `version:FEDERATION:NUMBER`, `federation:ID`, `participant:ID`; noted only: `run:FEDERATION`, `participant-state:ID`, `aggregator`. */
  readonly name: string;
  /** Grows with every change of the thing. */
  readonly revision: number;
  /** Why the last try failed. */
  readonly reason: string | null;
}

/** The outbox: written in the transaction that changes a thing, emptied when the AAS shows it. */
export class PublicationTable {
  readonly #add;
  readonly #addForTargets;
  readonly #pending;
  readonly #done;
  readonly #fail;

  constructor(database: Database) {
    this.#add = query(
      database,
      `INSERT INTO publications VALUES (?, 1, NULL)
       ON CONFLICT (name) DO UPDATE SET revision = publications.revision + 1`,
    );
    this.#addForTargets = query(
      database,
      `INSERT INTO target_publications SELECT id, ?, 1, 0, NULL FROM publication_targets WHERE true
       ON CONFLICT (target, name) DO UPDATE SET revision = target_publications.revision + 1`,
    );
    this.#pending = query<PendingPublication>(
      database,
      'SELECT name, revision, reason FROM publications ORDER BY name',
    );
    this.#done = query(database, 'DELETE FROM publications WHERE name = ? AND revision <= ?');
    this.#fail = query(database, 'UPDATE publications SET reason = ? WHERE name = ?');
  }

  /** Notes it for our own AAS and for every outside target (`TargetOutboxTable`). */
  add(name: string): void {
    this.#add.run(name);
    this.#addForTargets.run(wholeOf(name));
  }

  pending(): PendingPublication[] {
    return this.#pending.all();
  }

  /** The AAS shows the thing as of this revision; if it changed since, it stays. */
  done(name: string, revision = Number.MAX_SAFE_INTEGER): void {
    this.#done.run(name, revision);
  }

  fail(name: string, reason: string): void {
    this.#fail.run(reason, name);
  }
}
