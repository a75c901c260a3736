import type { Numerics } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';

/** A trainer service: its key's hash, its slots and what it computes with. */
export interface PoolRow {
  readonly id: string;
  readonly keyHash: string;
  /** Whether the key was ever shown by the trainer, so that its owner certainly has it. */
  readonly keyUsed: boolean;
  readonly slots: number;
  readonly numerics: Numerics;
  /** What else it can compute with. */
  readonly alternatives?: readonly Numerics[];
  /** Version of the trainer's software; undefined if it did not tell. */
  readonly software: string | undefined;
  /** When it joined first, ISO 8601. */
  readonly createdAt?: string;
}

interface Row {
  id: string;
  key_hash: string;
  key_used: number;
  slots: number;
  numerics: string;
  software: string | null;
  created_at: string;
  alternatives: string | null;
}

/** Pools and the federations they were admitted to. */
export class PoolTable {
  readonly #get;
  readonly #put;
  readonly #markUsed;
  readonly #admit;
  readonly #federations;

  constructor(database: Database) {
    this.#get = query<Row>(
      database,
      'SELECT id, key_hash, key_used, slots, numerics, software, created_at, alternatives FROM pools WHERE id = ?',
    );
    this.#put = query(
      database,
      `INSERT INTO pools VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET key_hash = excluded.key_hash,
       key_used = excluded.key_used, slots = excluded.slots, numerics = excluded.numerics,
       software = excluded.software, alternatives = excluded.alternatives`,
    );
    this.#markUsed = query(database, 'UPDATE pools SET key_used = 1 WHERE id = ?');
    this.#admit = query(database, 'INSERT INTO pool_federations VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#federations = query<{ federation: string }>(
      database,
      'SELECT federation FROM pool_federations WHERE pool = ? ORDER BY federation',
    );
  }

  get(id: string): PoolRow | undefined {
    const row = this.#get.get(id);
    if (row === undefined) return undefined;
    return {
      id,
      keyHash: row.key_hash,
      keyUsed: row.key_used === 1,
      slots: row.slots,
      // Checked against its schema when the pool joined.
      numerics: JSON.parse(row.numerics) as Numerics,
      alternatives: JSON.parse(row.alternatives ?? '[]') as Numerics[],
      software: row.software ?? undefined,
      createdAt: row.created_at,
    };
  }

  put(pool: PoolRow, at: string): void {
    const numerics = JSON.stringify(pool.numerics);
    const software = pool.software ?? null;
    const alternatives = JSON.stringify(pool.alternatives ?? []);
    const { id, keyHash, keyUsed, slots } = pool;
    this.#put.run(id, keyHash, keyUsed ? 1 : 0, slots, numerics, at, software, alternatives);
  }

  markKeyUsed(id: string): void {
    this.#markUsed.run(id);
  }

  admit(pool: string, federation: string): void {
    this.#admit.run(pool, federation);
  }

  /** Ids of the federations that a join token admitted the pool to. */
  federations(pool: string): string[] {
    return this.#federations.all(pool).map((row) => row.federation);
  }
}
