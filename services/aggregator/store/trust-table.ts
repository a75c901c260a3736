import type { Schemas } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';

export type NotedDecision = Schemas['NotedTrustDecision'];
type MachineCertificate = Schemas['MachineCertificate'];

interface ReportRow {
  pool: string;
  certificates: string;
  at: string;
}

interface DecisionRow {
  id: number;
  pool: string;
  sha256: string;
  action: string;
  allow: string;
  state: string;
  failure: string | null;
  at: string;
}

/** What a pool last told of its trust list. */
export interface StoredTrustReport {
  readonly pool: string;
  readonly certificates: readonly MachineCertificate[];
  /** ISO 8601. */
  readonly at: string;
}

/** The trust lists of the pools as they last reported them, and what was decided here about them. */
export class TrustTable {
  readonly #reports;
  readonly #report;
  readonly #putReport;
  readonly #addDecision;
  readonly #decision;
  readonly #latest;
  readonly #pending;
  readonly #settle;

  constructor(database: Database) {
    this.#reports = query<ReportRow>(database, 'SELECT * FROM trust_reports ORDER BY pool');
    this.#report = query<ReportRow>(database, 'SELECT * FROM trust_reports WHERE pool = ?');
    this.#putReport = query(database, 'INSERT OR REPLACE INTO trust_reports VALUES (?, ?, ?)');
    this.#addDecision = query<{ id: number }>(
      database,
      `INSERT INTO trust_decisions (pool, sha256, action, allow, state, at) VALUES (?, ?, ?, ?, 'pending', ?) RETURNING id`,
    );
    this.#decision = query<DecisionRow>(database, 'SELECT * FROM trust_decisions WHERE id = ?');
    this.#latest = query<DecisionRow>(
      database,
      'SELECT * FROM trust_decisions WHERE pool = ? AND sha256 = ? ORDER BY id DESC LIMIT 1',
    );
    this.#pending = query<DecisionRow>(
      database,
      `SELECT * FROM trust_decisions WHERE pool = ? AND state = 'pending' ORDER BY id LIMIT 1000`,
    );
    this.#settle = query(
      database,
      `UPDATE trust_decisions SET state = ?, failure = ? WHERE id = ? AND pool = ? AND state = 'pending'`,
    );
  }

  reports(): StoredTrustReport[] {
    return this.#reports.all().map(reportOf);
  }

  report(pool: string): StoredTrustReport | undefined {
    const row = this.#report.get(pool);
    return row === undefined ? undefined : reportOf(row);
  }

  putReport({ pool, certificates, at }: StoredTrustReport): void {
    this.#putReport.run(pool, JSON.stringify(certificates), at);
  }

  addDecision(pool: string, sha256: string, decision: Schemas['TrustDecision'], at: string): NotedDecision {
    const { action, allow = [] } = decision;
    const { id } = this.#addDecision.get(pool, sha256, action, JSON.stringify(allow), at)!;
    return decisionOf(this.#decision.get(id)!);
  }

  /** The latest decision about a certificate of a pool. */
  latest(pool: string, sha256: string): NotedDecision | undefined {
    const row = this.#latest.get(pool, sha256);
    return row === undefined ? undefined : decisionOf(row);
  }

  /** What the pool has not answered yet, oldest first. */
  pending(pool: string): NotedDecision[] {
    return this.#pending.all(pool).map(decisionOf);
  }

  /** Notes what became of a decision; an answer of another pool, or a second one, changes nothing. */
  settle(pool: string, { id, failure }: Schemas['TrustOutcome']): void {
    this.#settle.run(failure === undefined ? 'done' : 'failed', failure ?? null, id, pool);
  }
}

function reportOf({ pool, certificates, at }: ReportRow): StoredTrustReport {
  // Checked against its schema when it came in.
  return { pool, certificates: JSON.parse(certificates) as MachineCertificate[], at };
}

function decisionOf({ allow, action, state, failure, ...row }: DecisionRow): NotedDecision {
  return {
    ...row,
    // The three were checked against their schemas before they were stored.
    action: action as NotedDecision['action'],
    allow: JSON.parse(allow) as NotedDecision['allow'],
    state: state as NotedDecision['state'],
    ...(failure === null ? {} : { failure }),
  };
}
