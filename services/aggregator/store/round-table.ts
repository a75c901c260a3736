import type { Round } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { query } from './query.ts';

/** What names one attempt of a round. */
export interface RoundKey {
  readonly run: string;
  readonly round: number;
  readonly roundAttempt: number;
}

/** An attempt of a round as it is stored. */
export interface RoundRow extends RoundKey {
  state: Round['state'];
  reason: string | undefined;
  readonly cohort: readonly string[];
  readonly quorum: number;
  readonly baseNumber: number;
  readonly baseSha256: string;
  readonly openedAt: string;
  endedAt: string | undefined;
  version: number | undefined;
}

interface Row {
  run: string;
  round: number;
  round_attempt: number;
  state: Round['state'];
  reason: string | null;
  cohort: string;
  quorum: number;
  base_number: number;
  base_sha256: string;
  opened_at: string;
  ended_at: string | null;
  version: number | null;
}

/** Attempts of rounds, in the order in which they were opened. */
export class RoundTable {
  readonly #ofRun;
  readonly #last;
  readonly #get;
  readonly #between;
  readonly #put;

  constructor(database: Database) {
    this.#ofRun = query<Row>(database, 'SELECT * FROM rounds WHERE run = ? ORDER BY round, round_attempt');
    this.#last = query<Row>(
      database,
      'SELECT * FROM rounds WHERE run = ? ORDER BY round DESC, round_attempt DESC LIMIT 1',
    );
    this.#get = query<Row>(
      database,
      'SELECT * FROM rounds WHERE run = ? AND round = ? AND round_attempt = ?',
    );
    this.#between = query<Row>(
      database,
      'SELECT * FROM rounds WHERE run = ? AND round BETWEEN ? AND ? ORDER BY round, round_attempt',
    );
    this.#put = query(
      database,
      `INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       state = excluded.state, reason = excluded.reason, ended_at = excluded.ended_at, version = excluded.version`,
    );
  }

  ofRun(run: string): RoundRow[] {
    return this.#ofRun.all(run).map(fromRow);
  }

  /** The current or last attempt of the run. */
  last(run: string): RoundRow | undefined {
    const row = this.#last.get(run);
    return row === undefined ? undefined : fromRow(row);
  }

  /** All attempts of the rounds from `first` to `last`. */
  ofRounds(run: string, first: number, last: number): RoundRow[] {
    return this.#between.all(run, first, last).map(fromRow);
  }

  get(key: RoundKey): RoundRow | undefined {
    const row = this.#get.get(key.run, key.round, key.roundAttempt);
    return row === undefined ? undefined : fromRow(row);
  }

  put(round: RoundRow): void {
    this.#put.run(
      round.run,
      round.round,
      round.roundAttempt,
      round.state,
      round.reason ?? null,
      JSON.stringify(round.cohort),
      round.quorum,
      round.baseNumber,
      round.baseSha256,
      round.openedAt,
      round.endedAt ?? null,
      round.version ?? null,
    );
  }
}

function fromRow(row: Row): RoundRow {
  return {
    run: row.run,
    round: row.round,
    roundAttempt: row.round_attempt,
    state: row.state,
    reason: row.reason ?? undefined,
    // Written by `put` alone.
    cohort: JSON.parse(row.cohort) as string[],
    quorum: row.quorum,
    baseNumber: row.base_number,
    baseSha256: row.base_sha256,
    openedAt: row.opened_at,
    endedAt: row.ended_at ?? undefined,
    version: row.version ?? undefined,
  };
}
