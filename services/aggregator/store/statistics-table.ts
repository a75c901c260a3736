import type { FeatureStatistics } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { fromJson, query } from './query.ts';

/** What a participant answered to a `statistics` job: neither field is set while it has not answered. */
export interface StatisticsRow {
  readonly participant: string;
  readonly statistics: FeatureStatistics | undefined;
  readonly failure: string | undefined;
}

/** The statistics a run asked for, in the order of participant ids. */
export class StatisticsTable {
  readonly #ofRun;
  readonly #ask;
  readonly #answer;
  readonly #fail;

  constructor(database: Database) {
    this.#ofRun = query<{ participant: string; statistics: string | null; failure: string | null }>(
      database,
      'SELECT participant, statistics, failure FROM statistics WHERE run = ? ORDER BY participant',
    );
    this.#ask = query(database, 'INSERT INTO statistics VALUES (?, ?, NULL, NULL) ON CONFLICT DO NOTHING');
    this.#answer = query(
      database,
      'UPDATE statistics SET statistics = ?, failure = NULL WHERE run = ? AND participant = ? AND statistics IS NULL',
    );
    this.#fail = query(
      database,
      'UPDATE statistics SET failure = ? WHERE run = ? AND participant = ? AND statistics IS NULL',
    );
  }

  ofRun(run: string): StatisticsRow[] {
    return this.#ofRun.all(run).map((row) => ({
      participant: row.participant,
      statistics: fromJson<FeatureStatistics>(row.statistics),
      failure: row.failure ?? undefined,
    }));
  }

  ask(run: string, participant: string): void {
    this.#ask.run(run, participant);
  }

  /** The first answer counts. */
  answer(run: string, participant: string, statistics: FeatureStatistics): void {
    this.#answer.run(JSON.stringify(statistics), run, participant);
  }

  fail(run: string, participant: string, failure: string): void {
    this.#fail.run(failure, run, participant);
  }
}
