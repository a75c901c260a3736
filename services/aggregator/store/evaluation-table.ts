import type { EvaluationReport } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { present } from './present.ts';
import { fromJson, query, toJson } from './query.ts';

/** A version that participants were asked to score in a run. */
export interface EvaluationRequest {
  readonly run: string;
  readonly number: number;
  readonly participants: readonly string[];
  readonly closed: boolean;
  /** Why it was closed without every answer. */
  readonly reason: string | undefined;
}

export type EvaluationResult = EvaluationReport['results'][number];

interface RequestColumns {
  run: string;
  number: number;
  participants: string;
  closed: number;
  reason: string | null;
}

interface ResultColumns {
  number: number;
  participant: string;
  failure: string | null;
  example_count: number;
  correct: number;
  loss: number;
  confusion: string | null;
}

/** Evaluation requests and their results; the first result of a (run, version, participant) counts. */
export class EvaluationTable {
  readonly #requests;
  readonly #open;
  readonly #request;
  readonly #ask;
  readonly #close;
  readonly #results;
  readonly #resultsOf;
  readonly #latest;
  readonly #insert;
  readonly #answered;
  readonly #runsOf;

  constructor(database: Database) {
    this.#requests = query<RequestColumns>(
      database,
      'SELECT * FROM evaluation_requests WHERE run = ? ORDER BY number',
    );
    this.#open = query<RequestColumns>(
      database,
      'SELECT * FROM evaluation_requests WHERE run = ? AND closed = 0 ORDER BY number',
    );
    this.#request = query<RequestColumns>(
      database,
      'SELECT * FROM evaluation_requests WHERE run = ? AND number = ?',
    );
    this.#ask = query(
      database,
      'INSERT INTO evaluation_requests VALUES (?, ?, ?, 0, NULL) ON CONFLICT DO NOTHING',
    );
    this.#close = query(
      database,
      'UPDATE evaluation_requests SET closed = 1, reason = ? WHERE run = ? AND number = ?',
    );
    const select = `SELECT number, participant, failure, example_count, correct, loss, confusion FROM evaluations
      WHERE run = ? AND failure IS NULL`;
    this.#results = query<ResultColumns>(database, `${select} ORDER BY number, participant`);
    this.#resultsOf = query<ResultColumns>(database, `${select} AND number = ? ORDER BY participant`);
    this.#latest = query<{ number: number | null }>(
      database,
      'SELECT MAX(number) AS number FROM evaluation_requests WHERE run = ? AND closed = 1',
    );
    this.#insert = query(
      database,
      `INSERT INTO evaluations VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, number, participant) DO UPDATE SET
       failure = NULL, example_count = excluded.example_count, correct = excluded.correct, loss = excluded.loss,
       confusion = excluded.confusion WHERE evaluations.failure IS NOT NULL AND excluded.failure IS NULL`,
    );
    this.#runsOf = query<{ run: string; startedAt: string | null }>(
      database,
      `SELECT run, runs.started_at AS startedAt FROM evaluation_requests JOIN runs ON runs.id = run
       WHERE number = ? AND federation = ? AND closed = 1 ORDER BY run`,
    );
    this.#answered = query<{ participant: string; failure: string | null }>(
      database,
      'SELECT participant, failure FROM evaluations WHERE run = ? AND number = ?',
    );
  }

  requests(run: string): EvaluationRequest[] {
    return this.#requests.all(run).map(requestOf);
  }

  openRequests(run: string): EvaluationRequest[] {
    return this.#open.all(run).map(requestOf);
  }

  request(run: string, number: number): EvaluationRequest | undefined {
    const row = this.#request.get(run, number);
    return row === undefined ? undefined : requestOf(row);
  }

  ask(run: string, number: number, participants: readonly string[]): void {
    this.#ask.run(run, number, JSON.stringify(participants));
  }

  close(run: string, number: number, reason: string | undefined): void {
    this.#close.run(reason ?? null, run, number);
  }

  answer(run: string, number: number, result: EvaluationResult): void {
    this.#insert.run(
      run,
      number,
      result.participant,
      null,
      result.exampleCount,
      result.correct,
      result.loss,
      toJson(result.confusion),
    );
  }

  /** Notes that a participant will not answer; a late result still replaces it. */
  fail(run: string, number: number, participant: string, failure: string): void {
    this.#insert.run(run, number, participant, failure, 0, 0, 0, null);
  }

  /** Who answered, with the failure of those who could not. */
  answers(run: string, number: number): Map<string, string | undefined> {
    return new Map(this.#answered.all(run, number).map((row) => [row.participant, row.failure ?? undefined]));
  }

  /** All results of a run by version number. */
  results(run: string): Map<number, EvaluationResult[]> {
    const results = new Map<number, EvaluationResult[]>();
    for (const row of this.#results.all(run)) {
      const ofVersion = results.get(row.number);
      if (ofVersion === undefined) results.set(row.number, [resultOf(row)]);
      else ofVersion.push(resultOf(row));
    }
    return results;
  }

  /** Runs in which a version's evaluation is closed, the oldest first, each with its start. */
  runsOf(federation: string, number: number): { run: string; startedAt: string | null }[] {
    return this.#runsOf.all(number, federation);
  }

  /** The results for one version, in the order of participant ids. */
  resultsOf(run: string, number: number): EvaluationResult[] {
    return this.#resultsOf.all(run, number).map(resultOf);
  }

  /** The results for the newest version whose evaluation is closed. */
  latest(run: string): EvaluationResult[] {
    const number = this.#latest.get(run)?.number;
    return number === undefined || number === null ? [] : this.resultsOf(run, number);
  }
}

function resultOf(row: ResultColumns): EvaluationResult {
  return present({
    participant: row.participant,
    exampleCount: row.example_count,
    correct: row.correct,
    loss: row.loss,
    confusion: fromJson<number[][]>(row.confusion),
  });
}

function requestOf(row: RequestColumns): EvaluationRequest {
  return {
    run: row.run,
    number: row.number,
    // Written by `ask` alone.
    participants: JSON.parse(row.participants) as string[],
    closed: row.closed === 1,
    reason: row.reason ?? undefined,
  };
}
