import type { OperationOutcome } from '../../../aas/server/operations/operation-runner.ts';
import type { FeedbackJob, InferJob } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { fromJson, query } from './query.ts';

/** A job that asks a participant. */
export interface AskedJob {
  readonly pool: string;
  readonly job: InferJob | FeedbackJob;
}

/** An invoked command as it is stored until its result expires. */
export interface OperationRow {
  /** Generated; the handle of the invocation and the id of its job. */
  readonly request: string;
  readonly submodelId: string;
  /** Path of the Operation in the submodel: the command's name. */
  readonly idShortPath: string;
  /** The command's argument as the client wrote it; empty without one. */
  readonly argument: string;
  /** Whether a client waits on its connection; such an operation ends with this process. */
  readonly awaited: boolean;
  /** When it ends as Timeout, in milliseconds since 1970. */
  readonly deadlineMs: number;
  /** The job whose answer it waits for, once a participant is asked. */
  readonly asked: AskedJob | undefined;
  readonly outcome: OperationOutcome | undefined;
  /** In milliseconds since 1970. */
  readonly endedMs: number | undefined;
}

interface Row {
  request: string;
  submodel: string;
  path: string;
  argument: string;
  awaited: number;
  deadline_ms: number;
  asked: string | null;
  outcome: string | null;
  ended_ms: number | null;
}

/** Invoked commands with their outcomes: what makes a repeated job do nothing. */
export class OperationTable {
  readonly #insert;
  readonly #get;
  readonly #open;
  readonly #ask;
  readonly #end;
  readonly #delete;
  readonly #expire;
  readonly #count;

  constructor(database: Database) {
    this.#insert = query(
      database,
      'INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL) ON CONFLICT DO NOTHING',
    );
    this.#get = query<Row>(database, 'SELECT * FROM operations WHERE request = ?');
    this.#open = query<Row>(database, 'SELECT * FROM operations WHERE ended_ms IS NULL ORDER BY request');
    this.#ask = query(database, 'UPDATE operations SET asked = ? WHERE request = ?');
    this.#end = query(
      database,
      'UPDATE operations SET outcome = ?, ended_ms = ? WHERE request = ? AND ended_ms IS NULL',
    );
    this.#count = query<{ count: number }>(database, 'SELECT count(*) AS count FROM operations');
    this.#delete = query(database, 'DELETE FROM operations WHERE request = ?');
    this.#expire = query(database, 'DELETE FROM operations WHERE ended_ms <= ?');
  }

  /** Stores one that begins; the same request again changes nothing. */
  insert(row: Omit<OperationRow, 'asked' | 'outcome' | 'endedMs'>): void {
    const { request, submodelId, idShortPath, argument, awaited, deadlineMs } = row;
    this.#insert.run(request, submodelId, idShortPath, argument, awaited ? 1 : 0, Math.round(deadlineMs));
  }

  get(request: string): OperationRow | undefined {
    const row = this.#get.get(request);
    return row === undefined ? undefined : fromRow(row);
  }

  /** Of all that have not expired. */
  count(): number {
    return this.#count.get()?.count ?? 0;
  }

  /** Those that have not ended, oldest first. */
  open(): OperationRow[] {
    return this.#open.all().map(fromRow);
  }

  /** Notes which job's answer an operation waits for. */
  noteAsked(request: string, asked: AskedJob): void {
    this.#ask.run(JSON.stringify(asked), request);
  }

  /** @returns whether it had not ended before. */
  end(request: string, outcome: OperationOutcome, endedMs: number): boolean {
    return this.#end.run(JSON.stringify(outcome), endedMs, request) === 1;
  }

  delete(request: string): void {
    this.#delete.run(request);
  }

  /** Forgets those that ended at a time or before it. */
  expire(endedMs: number): void {
    this.#expire.run(endedMs);
  }
}

function fromRow(row: Row): OperationRow {
  return {
    request: row.request,
    submodelId: row.submodel,
    idShortPath: row.path,
    argument: row.argument,
    awaited: row.awaited === 1,
    deadlineMs: row.deadline_ms,
    asked: fromJson<AskedJob>(row.asked),
    outcome: fromJson<OperationOutcome>(row.outcome),
    endedMs: row.ended_ms ?? undefined,
  };
}
