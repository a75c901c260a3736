import type { Numerics, Run, Scaler, Schemas } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { fromJson, query, toJson } from './query.ts';

/** A run as it is stored; the driver holds the row of an unfinished run and writes it through. */
export interface RunRow {
  readonly id: string;
  readonly federation: string;
  state: Run['state'];
  reason: string | undefined;
  readonly totalRounds: number;
  readonly localEpochs: number;
  readonly seed: number;
  /** The participants the request restricts it to; all admitted ones if undefined. */
  readonly participants: readonly string[] | undefined;
  numerics: Numerics | undefined;
  baseVersion: number | undefined;
  scaler: Scaler | undefined;
  /** The pool that was asked for the initial version. */
  initialisePool: string | undefined;
  /** The weights that it begins from; the newest version's if undefined. */
  readonly startFrom: Schemas['StartFrom'] | undefined;
  readonly createdAt: string;
  startedAt: string | undefined;
  endedAt: string | undefined;
  lastProgressAt: string;
}

interface Row {
  id: string;
  federation: string;
  state: Run['state'];
  reason: string | null;
  total_rounds: number;
  local_epochs: number;
  seed: number;
  participants: string | null;
  numerics: string | null;
  base_version: number | null;
  scaler: string | null;
  initialise_pool: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  last_progress_at: string;
  start_from: string | null;
}

const UNFINISHED = "state NOT IN ('completed', 'stopped', 'failed')";

/** Runs, newest first where there are several. */
export class RunTable {
  readonly #get;
  readonly #all;
  readonly #unfinished;
  readonly #active;
  readonly #latest;
  readonly #put;

  constructor(database: Database) {
    this.#get = query<Row>(database, 'SELECT * FROM runs WHERE id = ?');
    this.#all = query<Row>(database, 'SELECT * FROM runs ORDER BY id DESC');
    this.#unfinished = query<Row>(database, `SELECT * FROM runs WHERE ${UNFINISHED} ORDER BY id`);
    this.#active = query<{ id: string }>(
      database,
      `SELECT id FROM runs WHERE federation = ? AND ${UNFINISHED} LIMIT 1`,
    );
    this.#latest = query<Row>(database, 'SELECT * FROM runs WHERE federation = ? ORDER BY id DESC LIMIT 1');
    this.#put = query(
      database,
      `INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
       state = excluded.state, reason = excluded.reason, numerics = excluded.numerics,
       base_version = excluded.base_version, scaler = excluded.scaler, initialise_pool = excluded.initialise_pool,
       started_at = excluded.started_at, ended_at = excluded.ended_at, last_progress_at = excluded.last_progress_at`,
    );
  }

  get(id: string): RunRow | undefined {
    const row = this.#get.get(id);
    return row === undefined ? undefined : fromRow(row);
  }

  all(): RunRow[] {
    return this.#all.all().map(fromRow);
  }

  unfinished(): RunRow[] {
    return this.#unfinished.all().map(fromRow);
  }

  /** Id of the federation's unfinished run; there is one at most. */
  activeOf(federation: string): string | undefined {
    return this.#active.get(federation)?.id;
  }

  latestOf(federation: string): RunRow | undefined {
    const row = this.#latest.get(federation);
    return row === undefined ? undefined : fromRow(row);
  }

  put(run: RunRow): void {
    this.#put.run(
      run.id,
      run.federation,
      run.state,
      run.reason ?? null,
      run.totalRounds,
      run.localEpochs,
      run.seed,
      toJson(run.participants),
      toJson(run.numerics),
      run.baseVersion ?? null,
      toJson(run.scaler),
      run.initialisePool ?? null,
      run.createdAt,
      run.startedAt ?? null,
      run.endedAt ?? null,
      run.lastProgressAt,
      toJson(run.startFrom),
    );
  }
}

function fromRow(row: Row): RunRow {
  return {
    id: row.id,
    federation: row.federation,
    state: row.state,
    reason: row.reason ?? undefined,
    totalRounds: row.total_rounds,
    localEpochs: row.local_epochs,
    seed: row.seed,
    participants: fromJson<string[]>(row.participants),
    numerics: fromJson<Numerics>(row.numerics),
    baseVersion: row.base_version ?? undefined,
    scaler: fromJson<Scaler>(row.scaler),
    initialisePool: row.initialise_pool ?? undefined,
    startFrom: fromJson<Schemas['StartFrom']>(row.start_from),
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    lastProgressAt: row.last_progress_at,
  };
}
