import type { LocalDataSet, Schemas } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { fromJson, query, toJson } from './query.ts';

/** What is known of a participant beyond its state of the moment. */
export interface ParticipantRow {
  readonly id: string;
  readonly pool: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly signals: readonly string[];
  /** Taken out by an operator: its trainer's heartbeats do not bring it back, a join token does. */
  readonly removed: boolean;
  readonly data: readonly LocalDataSet[] | undefined;
  readonly lastSeenAt: string | undefined;
  /** What its trainer file lets the AAS show of its machine. */
  readonly published: Schemas['PublishedOfParticipant'] | undefined;
}

interface Row {
  id: string;
  pool: string;
  attributes: string;
  signals: string;
  removed: number;
  data: string | null;
  last_seen_at: string | null;
  published: string | null;
}

const COLUMNS = 'id, pool, attributes, signals, removed, data, last_seen_at, published';

/** Participants and their admissions to federations. */
export class ParticipantTable {
  readonly #all;
  readonly #put;
  readonly #seen;
  readonly #remove;
  readonly #delete;
  readonly #admit;
  readonly #dismiss;
  readonly #admissions;

  constructor(database: Database) {
    this.#all = query<Row>(database, `SELECT ${COLUMNS} FROM participants ORDER BY id`);
    this.#put = query(
      database,
      `INSERT INTO participants (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
       attributes = excluded.attributes, signals = excluded.signals, removed = excluded.removed,
       published = excluded.published`,
    );
    this.#seen = query(database, 'UPDATE participants SET data = ?, last_seen_at = ? WHERE id = ?');
    this.#remove = query(database, 'UPDATE participants SET removed = 1 WHERE id = ?');
    this.#delete = query(database, 'DELETE FROM participants WHERE id = ?');
    this.#admit = query(database, 'INSERT INTO admissions VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#dismiss = query(database, 'DELETE FROM admissions WHERE participant = ?');
    this.#admissions = query<{ federation: string; participant: string }>(
      database,
      'SELECT federation, participant FROM admissions ORDER BY federation, participant',
    );
  }

  all(): ParticipantRow[] {
    return this.#all.all().map((row) => ({
      id: row.id,
      pool: row.pool,
      // The three were checked against their schemas when they came in.
      attributes: JSON.parse(row.attributes) as Record<string, string>,
      signals: JSON.parse(row.signals) as string[],
      data: fromJson<LocalDataSet[]>(row.data),
      removed: row.removed === 1,
      lastSeenAt: row.last_seen_at ?? undefined,
      published: fromJson<Schemas['PublishedOfParticipant']>(row.published),
    }));
  }

  put(participant: ParticipantRow): void {
    this.#put.run(
      participant.id,
      participant.pool,
      JSON.stringify(participant.attributes),
      JSON.stringify(participant.signals),
      participant.removed ? 1 : 0,
      toJson(participant.data),
      participant.lastSeenAt ?? null,
      toJson(participant.published),
    );
  }

  noteSeen(id: string, data: readonly LocalDataSet[] | undefined, at: string): void {
    this.#seen.run(toJson(data), at, id);
  }

  /** Takes it out of every federation by an operator's word. */
  remove(id: string): void {
    this.#dismiss.run(id);
    this.#remove.run(id);
  }

  /** Forgets one that its trainer file no longer lists. */
  delete(id: string): void {
    this.#delete.run(id);
  }

  admit(federation: string, participant: string): void {
    this.#admit.run(federation, participant);
  }

  admissions(): { federation: string; participant: string }[] {
    return this.#admissions.all();
  }
}
