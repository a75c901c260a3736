import type { Federation } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';

/** A federation and when it was created. */
export interface FederationRow {
  readonly federation: Federation;
  readonly createdAt: string;
}

interface Row {
  document: string;
  created_at: string;
}

/** Federations and the hashes of their join tokens. */
export class FederationTable {
  readonly #get;
  readonly #all;
  readonly #insert;
  readonly #update;
  readonly #insertToken;
  readonly #token;

  constructor(database: Database) {
    this.#get = query<Row>(database, 'SELECT document, created_at FROM federations WHERE id = ?');
    this.#all = query<Row>(database, 'SELECT document, created_at FROM federations ORDER BY id');
    this.#insert = query(database, 'INSERT INTO federations VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
    this.#update = query(database, 'UPDATE federations SET document = ? WHERE id = ?');
    this.#insertToken = query(database, 'INSERT INTO join_tokens VALUES (?, ?, ?, ?)');
    this.#token = query<{ federation: string; hash: string }>(
      database,
      'SELECT federation, hash FROM join_tokens WHERE id = ?',
    );
  }

  get(id: string): FederationRow | undefined {
    const row = this.#get.get(id);
    return row === undefined ? undefined : fromRow(row);
  }

  all(): FederationRow[] {
    return this.#all.all().map(fromRow);
  }

  /** @returns whether the id was free. */
  insert(federation: Federation, at: string): boolean {
    return this.#insert.run(federation.id, JSON.stringify(federation), at) === 1;
  }

  /** Stores a changed document of a federation that is there. */
  update(federation: Federation): void {
    this.#update.run(JSON.stringify(federation), federation.id);
  }

  insertToken(token: { id: string; federation: string; hash: string }, at: string): void {
    this.#insertToken.run(token.id, token.federation, token.hash, at);
  }

  token(id: string): { federation: string; hash: string } | undefined {
    return this.#token.get(id);
  }
}

function fromRow(row: Row): FederationRow {
  // Only documents that passed the schema are inserted.
  return { federation: JSON.parse(row.document) as Federation, createdAt: row.created_at };
}
