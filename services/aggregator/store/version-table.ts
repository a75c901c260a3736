import type { Numerics } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { fromJson, query, toJson } from './query.ts';

/** A model version of group `main` as it is stored. */
export interface VersionRow {
  readonly federation: string;
  readonly number: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly run: string;
  readonly round: number | undefined;
  /** The sha256 of its predecessor. */
  readonly parent: string | undefined;
  readonly contributors: readonly string[] | undefined;
  readonly exampleCount: number | undefined;
  readonly numerics: Numerics | undefined;
  readonly createdAt: string;
  readonly publishedAt: string | undefined;
}

interface Row {
  federation: string;
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

/** Model versions; a number is written once, and only onto its predecessor. */
export class VersionTable {
  readonly #get;
  readonly #current;
  readonly #all;
  readonly #insert;
  readonly #published;

  constructor(database: Database) {
    this.#get = query<Row>(database, 'SELECT * FROM versions WHERE federation = ? AND number = ?');
    this.#current = query<Row>(
      database,
      'SELECT * FROM versions WHERE federation = ? ORDER BY number DESC LIMIT 1',
    );
    this.#all = query<Row>(database, 'SELECT * FROM versions WHERE federation = ? ORDER BY number');
    this.#insert = query(
      database,
      `INSERT INTO versions SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL
       WHERE COALESCE((SELECT sha256 FROM versions WHERE federation = ? ORDER BY number DESC LIMIT 1), '') = ?`,
    );
    this.#published = query(
      database,
      'UPDATE versions SET published_at = ? WHERE federation = ? AND number = ? AND published_at IS NULL',
    );
  }

  get(federation: string, number: number): VersionRow | undefined {
    const row = this.#get.get(federation, number);
    return row === undefined ? undefined : fromRow(row);
  }

  current(federation: string): VersionRow | undefined {
    const row = this.#current.get(federation);
    return row === undefined ? undefined : fromRow(row);
  }

  all(federation: string): VersionRow[] {
    return this.#all.all(federation).map(fromRow);
  }

  /**
   * Compare-and-set: inserts the version if `parent` is the current one (none for version 0).
   * @returns whether it was.
   */
  insert(version: VersionRow): boolean {
    const changes = this.#insert.run(
      version.federation,
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
      version.parent ?? '',
    );
    return changes === 1;
  }

  notePublished(federation: string, number: number, at: string): void {
    this.#published.run(at, federation, number);
  }
}

function fromRow(row: Row): VersionRow {
  return {
    federation: row.federation,
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
