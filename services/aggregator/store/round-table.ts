import type { Round } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { fromJson, query, toJson } from './query.ts';

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
  /** The first of the bases. */
  readonly baseNumber: number;
  readonly baseSha256: string;
  /** The versions that its participants begin from; undefined where there is one, of `main`. */
  readonly bases: readonly RoundBase[] | undefined;
  /** By participant, the groups whose versions it downloads; undefined where all download all bases. */
  readonly plan: Readonly<Record<string, readonly string[]>> | undefined;
  readonly openedAt: string;
  endedAt: string | undefined;
  /** The number of the version it made: of `main`, else of its first. */
  version: number | undefined;
  /** All that it made; undefined where that is one, of `main`. */
  versions: readonly GroupVersion[] | undefined;
}

/** A version by its group and number. */
export interface GroupVersion {
  readonly group: string;
  readonly number: number;
}

/** A version that participants of a group begin from: the group's own, or `main`'s where it has none yet. */
export interface RoundBase {
  readonly group: string;
  readonly version: GroupVersion & { readonly sha256: string; readonly bytes: number };
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
  bases: string | null;
  plan: string | null;
  versions: string | null;
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
      `INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       state = excluded.state, reason = excluded.reason, ended_at = excluded.ended_at, version = excluded.version,
       versions = excluded.versions`,
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
      toJson(round.bases),
      toJson(round.plan),
      toJson(round.versions),
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
    bases: fromJson<RoundBase[]>(row.bases),
    plan: fromJson<Record<string, string[]>>(row.plan),
    versions: fromJson<GroupVersion[]>(row.versions),
  };
}
