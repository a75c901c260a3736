import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import type { EvaluationReport } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { present } from './present.ts';
import { fromJson, query, toJson } from './query.ts';

/** A version that participants were asked to score in a run. */
export interface EvaluationRequest {
  readonly run: string;
  readonly group: string;
  readonly number: number;
  readonly participants: readonly string[];
  readonly closed: boolean;
  /** Why it was closed without every answer. */
  readonly reason: string | undefined;
}

/** Who scored a version, and how. */
export interface VersionResults {
  readonly group: string;
  readonly number: number;
  readonly results: readonly EvaluationResult[];
}

export type EvaluationResult = EvaluationReport['results'][number];

interface RequestColumns {
  run: string;
  model_group: string;
  number: number;
  participants: string;
  closed: number;
  reason: string | null;
}

interface ResultColumns {
  model_group: string;
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
      'SELECT * FROM evaluation_requests WHERE run = ? ORDER BY number, model_group',
    );
    this.#open = query<RequestColumns>(
      database,
      'SELECT * FROM evaluation_requests WHERE run = ? AND closed = 0 ORDER BY number, model_group',
    );
    this.#request = query<RequestColumns>(
      database,
      'SELECT * FROM evaluation_requests WHERE run = ? AND model_group = ? AND number = ?',
    );
    this.#ask = query(
      database,
      'INSERT INTO evaluation_requests VALUES (?, ?, ?, ?, 0, NULL) ON CONFLICT DO NOTHING',
    );
    this.#close = query(
      database,
      'UPDATE evaluation_requests SET closed = 1, reason = ? WHERE run = ? AND model_group = ? AND number = ?',
    );
    const select = `SELECT model_group, number, participant, failure, example_count, correct, loss, confusion FROM evaluations
      WHERE run = ? AND failure IS NULL`;
    this.#results = query<ResultColumns>(database, `${select} ORDER BY number, model_group, participant`);
    this.#resultsOf = query<ResultColumns>(
      database,
      `${select} AND model_group = ? AND number = ? ORDER BY participant`,
    );
    this.#latest = query<{ number: number; model_group: string }>(
      database,
      `SELECT requests.number, requests.model_group FROM evaluation_requests AS requests JOIN runs ON runs.id = requests.run
       JOIN versions ON versions.federation = runs.federation AND versions.model_group = requests.model_group
       AND versions.number = requests.number WHERE requests.run = ?1 AND closed = 1
       ORDER BY versions.run = ?1 DESC, COALESCE(versions.round, 0) DESC, requests.number DESC`,
    );
    this.#insert = query(
      database,
      `INSERT INTO evaluations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, model_group, number, participant) DO UPDATE SET
       failure = NULL, example_count = excluded.example_count, correct = excluded.correct, loss = excluded.loss,
       confusion = excluded.confusion WHERE evaluations.failure IS NOT NULL AND excluded.failure IS NULL`,
    );
    this.#runsOf = query<{ run: string; startedAt: string | null }>(
      database,
      `SELECT run, runs.started_at AS startedAt FROM evaluation_requests JOIN runs ON runs.id = run
       WHERE number = ? AND model_group = ? AND federation = ? AND closed = 1 ORDER BY run`,
    );
    this.#answered = query<{ participant: string; failure: string | null }>(
      database,
      'SELECT participant, failure FROM evaluations WHERE run = ? AND model_group = ? AND number = ?',
    );
  }

  requests(run: string): EvaluationRequest[] {
    return this.#requests.all(run).map(requestOf);
  }

  openRequests(run: string): EvaluationRequest[] {
    return this.#open.all(run).map(requestOf);
  }

  request(run: string, number: number, group = MAIN_GROUP): EvaluationRequest | undefined {
    const row = this.#request.get(run, group, number);
    return row === undefined ? undefined : requestOf(row);
  }

  ask(run: string, number: number, participants: readonly string[], group = MAIN_GROUP): void {
    this.#ask.run(run, group, number, JSON.stringify(participants));
  }

  close(run: string, number: number, reason: string | undefined, group = MAIN_GROUP): void {
    this.#close.run(reason ?? null, run, group, number);
  }

  answer(run: string, number: number, result: EvaluationResult, group = MAIN_GROUP): void {
    this.#insert.run(
      run,
      group,
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
  fail(run: string, number: number, participant: string, failure: string, group = MAIN_GROUP): void {
    this.#insert.run(run, group, number, participant, failure, 0, 0, 0, null);
  }

  /** Who answered, with the failure of those who could not. */
  answers(run: string, number: number, group = MAIN_GROUP): Map<string, string | undefined> {
    return new Map(
      this.#answered.all(run, group, number).map((row) => [row.participant, row.failure ?? undefined]),
    );
  }

  /** All results of a run, version by version. */
  results(run: string): VersionResults[] {
    const versions: (VersionResults & { readonly results: EvaluationResult[] })[] = [];
    for (const row of this.#results.all(run)) {
      const last = versions.at(-1);
      if (last?.number === row.number && last.group === row.model_group) last.results.push(resultOf(row));
      else versions.push({ group: row.model_group, number: row.number, results: [resultOf(row)] });
    }
    return versions;
  }

  /** Runs in which a version's evaluation is closed, the oldest first, each with its start. */
  runsOf(
    federation: string,
    number: number,
    group = MAIN_GROUP,
  ): { run: string; startedAt: string | null }[] {
    return this.#runsOf.all(number, group, federation);
  }

  /** The results for one version, in the order of participant ids. */
  resultsOf(run: string, number: number, group = MAIN_GROUP): EvaluationResult[] {
    return this.#resultsOf.all(run, group, number).map(resultOf);
  }

  /** The results of every participant for the newest version that it scored, of those whose evaluation is closed. */
  latest(run: string): EvaluationResult[] {
    const newest = new Map<string, EvaluationResult>();
    const [first, ...others] = this.#latest.all(run);
    if (first === undefined) return [];
    for (const { number, model_group: group } of first.model_group === MAIN_GROUP
      ? [first]
      : [first, ...others]) {
      for (const result of this.resultsOf(run, number, group)) {
        if (!newest.has(result.participant)) newest.set(result.participant, result);
      }
    }
    return [...newest.values()];
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
    group: row.model_group,
    number: row.number,
    // Written by `ask` alone.
    participants: JSON.parse(row.participants) as string[],
    closed: row.closed === 1,
    reason: row.reason ?? undefined,
  };
}
