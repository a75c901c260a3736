import type { FailureEvent } from '../../../queue/aggregator-queue.ts';
import { timestamp } from '../clock.ts';
import type { RoundKey, RoundRow } from '../store/round-table.ts';
import type { Rounds } from './rounds.ts';
import type { RunContext } from './run-context.ts';

/**
 * Notes that a pool's job failed for good, so that nothing waits for it any longer.
 * @returns why the run cannot begin, if it was the job that makes the initial version.
 */
export function noteJobFailure(
  { run, store, participants }: RunContext,
  rounds: Rounds,
  failure: FailureEvent & { readonly pool: string },
): string | undefined {
  const { kind, participant, pool, round, roundAttempt, group, code, message } = failure;
  const text = `${code} ${message}`;
  if (kind === 'initialise') {
    const isMade = store.versions.current(run.federation, group) !== undefined;
    return isMade ? undefined : `${code}: ${message} (pool ${pool})`;
  }
  if (kind === 'statistics' && participant !== undefined) {
    store.statistics.fail(run.id, participant, text);
  } else if (kind === 'evaluate') {
    for (const id of store.evaluations.request(run.id, round, group)?.participants ?? []) {
      if (participants.poolOf(id) === pool) store.evaluations.fail(run.id, round, id, text, group);
    }
  } else if (kind === 'train' && participant !== undefined) {
    const key = { run: run.id, round, roundAttempt };
    // What a job says after its round has closed is no part of the round.
    if (!rounds.isOpenFor(key) || store.contributions.get(key, participant) !== undefined) return undefined;
    store.contributions.refuse({ ...key, participant, code, message, gaveUp: true, at: timestamp() });
  }
  return undefined;
}

/** Notes that who was taken out since the round opened will not contribute. */
export function noteRemoved({ store, participants }: RunContext, row: RoundRow): void {
  for (const participant of row.cohort) {
    if (participants.isThere(participant)) continue;
    if (store.contributions.get(row, participant) !== undefined) continue;
    if (store.contributions.gaveUp(row).includes(participant)) continue;
    const message = `${participant} was taken out`;
    const refusal = { run: row.run, round: row.round, roundAttempt: row.roundAttempt, participant, message };
    store.contributions.refuse({ ...refusal, code: 'E_NOT_IN_COHORT', gaveUp: true, at: timestamp() });
  }
}

/**
 * Notes that all jobs of a round have ended: who has not contributed will not. Whoever knows why was given a moment to
 * say so.
 */
export function noteJobsEnded({ store }: RunContext, rounds: Rounds, key: RoundKey): void {
  if (!rounds.isOpenFor(key)) return;
  const gaveUp = store.contributions.gaveUp(key);
  for (const participant of store.rounds.get(key)?.cohort ?? []) {
    if (gaveUp.includes(participant) || store.contributions.get(key, participant) !== undefined) continue;
    const code = 'E_TRAINING_FAILED';
    const message = 'its job ended without an update';
    store.contributions.refuse({ ...key, participant, code, message, gaveUp: true, at: timestamp() });
  }
}
