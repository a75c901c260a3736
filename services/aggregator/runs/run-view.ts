import { fairnessOf, mergeEvaluations, metricsOf, sumsOfResult } from '../../../learning/metrics.ts';
import type { Contribution, Evaluation, Round, Run } from '../../../openapi/schemas.ts';
import type { RefusalRow } from '../store/contribution-table.ts';
import type { EvaluationResult } from '../store/evaluation-table.ts';
import { present } from '../store/present.ts';
import type { RoundKey, RoundRow } from '../store/round-table.ts';
import type { RunRow } from '../store/run-table.ts';
import type { Store } from '../store/store.ts';
import type { VersionRow } from '../store/version-table.ts';

/** What is known of an unfinished run beyond what is stored. */
export interface RunOfTheMoment {
  readonly run: RunRow;
  /** What keeps it from going on just now. */
  readonly trouble: string | undefined;
  /** What is left of the open round's time. */
  readonly remainingMs: number | undefined;
}

/** A run as the API shows it. */
export function viewRun(store: Store, stored: RunRow, now: RunOfTheMoment | undefined): Run {
  const run = now?.run ?? stored;
  const contributions = groupByRound(store.contributions.ofRun(run.id));
  const refusals = groupByRound(store.contributions.refusalsOfRun(run.id));
  const rows = store.rounds.ofRun(run.id);
  return present({
    id: run.id,
    federation: run.federation,
    state: run.state,
    reason: now?.trouble ?? run.reason,
    totalRounds: run.totalRounds,
    localEpochs: run.localEpochs,
    seed: run.seed,
    round: rows.at(-1)?.round ?? 0,
    participants: run.participants === undefined ? undefined : [...run.participants],
    numerics: run.numerics,
    baseVersion: run.baseVersion,
    startFrom: run.startFrom,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    lastProgressAt: run.lastProgressAt,
    rounds: rows.map((row) => {
      const key = keyOf(row);
      return viewRound(row, contributions.get(key) ?? [], refusals.get(key) ?? [], now?.remainingMs);
    }),
    evaluations: viewEvaluations(store, run),
  });
}

function viewRound(
  row: RoundRow,
  contributions: Contribution[],
  refusals: readonly RefusalRow[],
  remainingMs: number | undefined,
): Round {
  const isLive = row.state === 'open' || row.state === 'collecting';
  return present({
    round: row.round,
    roundAttempt: row.roundAttempt,
    state: row.state,
    reason: row.reason,
    cohort: [...row.cohort],
    quorum: row.quorum,
    contributions,
    refusals: refusals.map(({ participant, code, message, at }) => ({ participant, code, message, at })),
    version: row.version,
    versions: row.versions?.map((each) => ({ ...each })),
    openedAt: row.openedAt,
    deadlineAt:
      isLive && remainingMs !== undefined ? new Date(Date.now() + remainingMs).toISOString() : undefined,
    endedAt: row.endedAt,
  });
}

/** The evaluations of a run, one a version that anybody scored. */
export function viewEvaluations(store: Store, run: RunRow): Evaluation[] {
  return store.evaluations.results(run.id).flatMap(({ group, number, results }) => {
    const version = store.versions.get(run.federation, number, group);
    return version === undefined ? [] : [viewEvaluation(version, results)];
  });
}

function viewEvaluation(version: VersionRow, results: readonly EvaluationResult[]): Evaluation {
  const { exampleCount, accuracy, uar, loss, confusion } = metricsOf(
    mergeEvaluations(results.map(sumsOfResult)),
  );
  return present({
    group: version.group,
    number: version.number,
    sha256: version.sha256,
    participants: results.length,
    exampleCount,
    accuracy,
    uar,
    loss,
    fairness: fairnessOf(results),
    confusion: confusion?.map((row) => [...row]),
    perParticipant: results.map((result) => {
      const own = metricsOf(sumsOfResult(result));
      return present({
        participant: result.participant,
        exampleCount: own.exampleCount,
        accuracy: own.accuracy,
        uar: own.uar,
        loss: own.loss,
      });
    }),
  });
}

function keyOf({ round, roundAttempt }: Omit<RoundKey, 'run'>): string {
  return `${round}.${roundAttempt}`;
}

function groupByRound<Row extends Omit<RoundKey, 'run'>>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
