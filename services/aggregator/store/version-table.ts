import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import type { Numerics } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { fromJson, query, toJson } from './query.ts';

/** A model version as it is stored. */
export interface VersionRow {
  readonly federation: string;
  /** `main`, or one of several models of the federation. */
  readonly group: string;
  readonly number: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly run: string;
  readonly round: number | undefined;
  /** The sha256 of the version it was made from: its group's last, or that which a new group began with. */
  readonly parent: string | undefined;
  readonly contributors: readonly string[] | undefined;
  readonly exampleCount: number | undefined;
  readonly numerics: Numerics | undefined;
  readonly createdAt: string;
  readonly publishedAt: string | undefined;
}

interface Row {
  federation: string;
  model_group: string;
  number: number;
  sha256: string;
  bytes: number;
  run: string;
  round: number | null;
  parent: string | null;
  contributors: string | null;
  example_count: number | null;
  numerics: string | null;
  created_at: string;
  published_at: string | null;
}

/** Model versions by federation, group and number; a number is written once, and only onto its predecessor. */
export class VersionTable {
  readonly #get;
  readonly #current;
  readonly #currents;
  readonly #newest;
  readonly #all;
  readonly #ofFile;
  readonly #ofRound;
  readonly #insert;
  readonly #published;

  constructor(database: Database) {
    this.#get = query<Row>(
      database,
      'SELECT * FROM versions WHERE federation = ? AND model_group = ? AND number = ?',
    );
    this.#current = query<Row>(
      database,
      'SELECT * FROM versions WHERE federation = ? AND model_group = ? ORDER BY number DESC LIMIT 1',
    );
    this.#currents = query<Row>(
      database,
      `SELECT * FROM versions AS each WHERE federation = ? AND number = (SELECT MAX(number) FROM versions
       WHERE federation = each.federation AND model_group = each.model_group) ORDER BY model_group`,
    );
    this.#newest = query<Row>(
      database,
      `SELECT * FROM versions WHERE federation = ? ORDER BY run DESC, COALESCE(round, 0) DESC, model_group = 'main' DESC,
       number DESC LIMIT 1`,
    );
    this.#all = query<Row>(
      database,
      `SELECT * FROM versions WHERE federation = ? ORDER BY model_group != 'main', model_group, number`,
    );
    this.#ofFile = query<Row>(database, 'SELECT * FROM versions WHERE federation = ? AND sha256 = ? LIMIT 1');
    this.#ofRound = query<Row>(
      database,
      'SELECT * FROM versions WHERE federation = ? AND run = ? AND round = ? ORDER BY model_group',
    );
    this.#insert = query(
      database,
      `INSERT INTO versions SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL WHERE COALESCE((SELECT sha256 FROM versions
       WHERE federation = ? AND model_group = ? ORDER BY number DESC LIMIT 1), '') = ?`,
    );
    this.#published = query(
      database,
      `UPDATE versions SET published_at = ? WHERE federation = ? AND model_group = ? AND number = ?
       AND published_at IS NULL`,
    );
  }

  get(federation: string, number: number, group = MAIN_GROUP): VersionRow | undefined {
    const row = this.#get.get(federation, group, number);
    return row === undefined ? undefined : fromRow(row);
  }

  /** The group's newest. */
  current(federation: string, group = MAIN_GROUP): VersionRow | undefined {
    const row = this.#current.get(federation, group);
    return row === undefined ? undefined : fromRow(row);
  }

  /** The newest of each group. */
  currents(federation: string): VersionRow[] {
    return this.#currents.all(federation).map(fromRow);
  }

  /** The one made last, `main` before others of the same round. */
  newest(federation: string): VersionRow | undefined {
    const row = this.#newest.get(federation);
    return row === undefined ? undefined : fromRow(row);
  }

  /** Those of `main`, then those of other groups, each oldest first. */
  all(federation: string): VersionRow[] {
    return this.#all.all(federation).map(fromRow);
  }

  ofFile(federation: string, sha256: string): VersionRow | undefined {
    const row = this.#ofFile.get(federation, sha256);
    return row === undefined ? undefined : fromRow(row);
  }

  /** Those that a round made, one a group. */
  ofRound(federation: string, run: string, round: number): VersionRow[] {
    return this.#ofRound.all(federation, run, round).map(fromRow);
  }

  /**
   * Compare-and-set: inserts the version if `predecessor` is its group's current one (none for a group's first).
   * @param predecessor sha256; the version's parent, but for the first of a group that came from another.
   * @returns whether it was.
   */
  insert(version: VersionRow, predecessor: string | undefined): boolean {
    const changes = this.#insert.run(
      version.federation,
      version.group,
      version.number,
      version.sha256,
      version.bytes,
      version.run,
      version.round ?? null,
      version.parent ?? null,
      toJson(version.contributors),
      version.exampleCount ?? null,
      toJson(version.numerics),
      version.createdAt,
      version.federation,
      version.group,
      predecessor ?? '',
    );
    return changes === 1;
  }

  notePublished(federation: string, number: number, at: string, group = MAIN_GROUP): void {
    this.#published.run(at, federation, group, number);
  }
}

function fromRow(row: Row): VersionRow {
  return {
    federation: row.federation,
    group: row.model_group,
    number: row.number,
    sha256: row.sha256,
    bytes: row.bytes,
    run: row.run,
    round: row.round ?? undefined,
    parent: row.parent ?? undefined,
    contributors: fromJson<string[]>(row.contributors),
    exampleCount: row.example_count ?? undefined,
    numerics: fromJson<Numerics>(row.numerics),
    createdAt: row.created_at,
    publishedAt: row.published_at ?? undefined,
  };
}
