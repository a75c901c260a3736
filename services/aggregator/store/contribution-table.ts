import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import type { Contribution } from '../../../openapi/schemas.ts';
import type { Database } from '../../../runtime/database.ts';
import { present } from './present.ts';
import { query } from './query.ts';
import type { RoundKey } from './round-table.ts';

/** An update that was not accepted, or a job that failed for good. */
export interface RefusalRow extends RoundKey {
  readonly participant: string;
  readonly code: string;
  readonly message: string;
  /** Whether the participant's job has ended without an update: the round does not wait for it any longer. */
  readonly gaveUp: boolean;
  readonly at: string;
}

interface ContributionColumns {
  run: string;
  round: number;
  round_attempt: number;
  participant: string;
  sha256: string;
  bytes: number;
  example_count: number;
  trained_loss: number | null;
  trained_accuracy: number | null;
}

interface RefusalColumns {
  run: string;
  round: number;
  round_attempt: number;
  participant: string;
  code: string;
  message: string;
  gave_up: number;
  at: string;
}

/** How many refusals of a participant an attempt keeps: who sends nonsense for ever fills no disk. */
const MAXIMUM_REFUSALS = 100;

/** Accepted updates, one a contribution key, and refusals. */
export class ContributionTable {
  readonly #get;
  readonly #ofRound;
  readonly #countOfRound;
  readonly #ofRun;
  readonly #insert;
  readonly #counted;
  readonly #references;
  readonly #count;
  readonly #pending;
  readonly #groups;
  readonly #countedIn;
  readonly #insertRefusal;
  readonly #refusalsOfRun;
  readonly #refusalsOfRound;
  readonly #gaveUp;

  constructor(database: Database) {
    const key = 'run = ? AND round = ? AND round_attempt = ?';
    this.#get = query<ContributionColumns>(
      database,
      `SELECT * FROM contributions WHERE ${key} AND participant = ?`,
    );
    this.#countOfRound = query<{ count: number }>(
      database,
      `SELECT COUNT(*) AS count FROM contributions WHERE ${key}`,
    );
    this.#ofRound = query<ContributionColumns>(
      database,
      `SELECT * FROM contributions WHERE ${key} ORDER BY participant`,
    );
    this.#ofRun = query<ContributionColumns>(database, 'SELECT * FROM contributions WHERE run = ?');
    this.#insert = query(
      database,
      `INSERT INTO contributions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, NULL,
       (SELECT COALESCE(MAX(arrival), 0) + 1 FROM contributions WHERE run = ?1)) ON CONFLICT DO NOTHING`,
    );
    this.#counted = query<{ participant: string; sha256: string }>(
      database,
      'SELECT participant, sha256 FROM contributions WHERE run = ? AND counted > 0 ORDER BY counted',
    );
    this.#count = query(
      database,
      `UPDATE contributions SET counted = ?, model_group = ? WHERE ${key} AND participant = ?`,
    );
    this.#pending = query<ContributionColumns>(
      database,
      'SELECT * FROM contributions WHERE run = ? AND counted IS NULL ORDER BY arrival',
    );
    this.#countedIn = query<ContributionColumns>(
      database,
      'SELECT * FROM contributions WHERE run = ? AND counted BETWEEN ? AND ?',
    );
    this.#groups = query<{ participant: string; model_group: string | null }>(
      database,
      'SELECT participant, model_group FROM contributions WHERE run = ? AND counted > 0 ORDER BY counted',
    );
    this.#references = query<{ used: number }>(
      database,
      `SELECT EXISTS (SELECT 1 FROM contributions WHERE ${key} AND sha256 = ?) AS used`,
    );
    this.#insertRefusal = query(
      database,
      `INSERT INTO refusals (run, round, round_attempt, participant, code, message, gave_up, at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE ?7 = 1 OR ${MAXIMUM_REFUSALS} > (SELECT COUNT(*) FROM refusals
       WHERE run = ?1 AND round = ?2 AND round_attempt = ?3 AND participant = ?4)`,
    );
    this.#refusalsOfRun = query<RefusalColumns>(database, 'SELECT * FROM refusals WHERE run = ? ORDER BY id');
    this.#refusalsOfRound = query<RefusalColumns>(
      database,
      `SELECT * FROM refusals WHERE ${key} ORDER BY id`,
    );
    this.#gaveUp = query<{ participant: string }>(
      database,
      `SELECT DISTINCT participant FROM refusals WHERE ${key} AND gave_up = 1`,
    );
  }

  get(key: RoundKey, participant: string): Contribution | undefined {
    const row = this.#get.get(key.run, key.round, key.roundAttempt, participant);
    return row === undefined ? undefined : contributionOf(row);
  }

  /** How many an attempt has. */
  countOfRound(key: RoundKey): number {
    return this.#countOfRound.get(key.run, key.round, key.roundAttempt)?.count ?? 0;
  }

  /** Those of an attempt in the order of participant ids, the order in which they are folded. */
  ofRound(key: RoundKey): Contribution[] {
    return this.#ofRound.all(key.run, key.round, key.roundAttempt).map(contributionOf);
  }

  ofRun(run: string): Contribution[] {
    return this.#ofRun.all(run).map(contributionOf);
  }

  /** @returns whether the contribution key was free. */
  insert(contribution: Contribution): boolean {
    const changes = this.#insert.run(
      contribution.run,
      contribution.round,
      contribution.roundAttempt,
      contribution.participant,
      contribution.sha256,
      contribution.bytes,
      contribution.exampleCount,
      contribution.trainedLoss ?? null,
      contribution.trainedAccuracy ?? null,
    );
    return changes === 1;
  }

  /** The sha256 of each participant's last update that became part of a version in this run. */
  lastCounted(run: string): Map<string, string> {
    return new Map(this.#counted.all(run).map((row) => [row.participant, row.sha256]));
  }

  /** Notes the round whose version a contribution became part of, and the group that it counted in; 0 if a gate held it back. */
  count(contribution: Contribution, round: number, group: string | undefined): void {
    const { run, round: own, roundAttempt, participant } = contribution;
    this.#count.run(round, group ?? null, run, own, roundAttempt, participant);
  }

  /** Those that neither counted nor were held back, in the order of their arrival. */
  pending(run: string): Contribution[] {
    return this.#pending.all(run).map(contributionOf);
  }

  /** Those that became part of the versions of these rounds; 0 are those that gates held back. */
  countedIn(run: string, first: number, last: number): Contribution[] {
    return this.#countedIn.all(run, first, last).map(contributionOf);
  }

  /** The group that each participant's last counted contribution counted in. */
  groups(run: string): Map<string, string> {
    return new Map(this.#groups.all(run).map((row) => [row.participant, row.model_group ?? MAIN_GROUP]));
  }

  /** Whether a contribution of the attempt has this file. */
  references(key: RoundKey, sha256: string): boolean {
    return this.#references.get(key.run, key.round, key.roundAttempt, sha256)?.used === 1;
  }

  refuse(refusal: RefusalRow): void {
    this.#insertRefusal.run(
      refusal.run,
      refusal.round,
      refusal.roundAttempt,
      refusal.participant,
      refusal.code,
      refusal.message,
      refusal.gaveUp ? 1 : 0,
      refusal.at,
    );
  }

  refusalsOfRun(run: string): RefusalRow[] {
    return this.#refusalsOfRun.all(run).map(refusalOf);
  }

  refusalsOfRound(key: RoundKey): RefusalRow[] {
    return this.#refusalsOfRound.all(key.run, key.round, key.roundAttempt).map(refusalOf);
  }

  /** Participants whose job of this attempt failed for good. */
  gaveUp(key: RoundKey): string[] {
    return this.#gaveUp.all(key.run, key.round, key.roundAttempt).map((row) => row.participant);
  }
}

function contributionOf(row: ContributionColumns): Contribution {
  return present({
    run: row.run,
    round: row.round,
    roundAttempt: row.round_attempt,
    participant: row.participant,
    sha256: row.sha256,
    bytes: row.bytes,
    exampleCount: row.example_count,
    trainedLoss: row.trained_loss ?? undefined,
    trainedAccuracy: row.trained_accuracy ?? undefined,
  });
}

function refusalOf(row: RefusalColumns): RefusalRow {
  return {
    run: row.run,
    round: row.round,
    roundAttempt: row.round_attempt,
    participant: row.participant,
    code: row.code,
    message: row.message,
    gaveUp: row.gave_up === 1,
    at: row.at,
  };
}
