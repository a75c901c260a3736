import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';

/** A participant that waits for its admission. */
export interface ProposalRow {
  /** The participant's id. */
  readonly id: string;
  /** The look-up that found it, and the shell it found; null for one that only asked. */
  readonly lookup: string | null;
  readonly shell_id: string | null;
  /** The federation it will be admitted to. */
  readonly federation: string | null;
  /** Of the certificate that its Participant submodel names. */
  readonly certificate_sha256: string | null;
  /** The pool that asked, and the certificate it showed. */
  readonly pool: string | null;
  readonly asked_with_sha256: string | null;
  /** The certificate that an operator approved. */
  readonly approved_sha256: string | null;
  readonly approved: number;
  readonly at: string;
}

/** Proposed participants, and the certificates that pools joined with. */
export class ProposalTable {
  readonly #all;
  readonly #get;
  readonly #put;
  readonly #delete;
  readonly #certificate;
  readonly #putCertificate;

  constructor(database: Database) {
    this.#all = query<ProposalRow>(database, 'SELECT * FROM proposals ORDER BY id');
    this.#get = query<ProposalRow>(database, 'SELECT * FROM proposals WHERE id = ?');
    this.#put = query(database, 'INSERT OR REPLACE INTO proposals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#delete = query(database, 'DELETE FROM proposals WHERE id = ?');
    this.#certificate = query<{ sha256: string }>(
      database,
      'SELECT sha256 FROM pool_certificates WHERE pool = ?',
    );
    this.#putCertificate = query(database, 'INSERT OR REPLACE INTO pool_certificates VALUES (?, ?)');
  }

  all(): ProposalRow[] {
    return this.#all.all();
  }

  get(id: string): ProposalRow | undefined {
    return this.#get.get(id);
  }

  put(row: ProposalRow): void {
    const { lookup, shell_id, federation, certificate_sha256, pool } = row;
    const { asked_with_sha256, approved_sha256, approved, at } = row;
    this.#put.run(
      row.id,
      lookup,
      shell_id,
      federation,
      certificate_sha256,
      pool,
      asked_with_sha256,
      approved_sha256,
      approved,
      at,
    );
  }

  delete(id: string): void {
    this.#delete.run(id);
  }

  /** Of the certificate that the pool joined with; undefined if it joined with a token. */
  certificateOf(pool: string): string | undefined {
    return this.#certificate.get(pool)?.sha256;
  }

  putCertificate(pool: string, sha256: string): void {
    this.#putCertificate.run(pool, sha256);
  }
}
