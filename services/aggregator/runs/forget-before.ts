import type { RoundKey } from '../store/round-table.ts';
import type { RunContext } from './run-context.ts';

/**
 * Forgets the updates of what came before the published round, as nobody asks for them again; part of the caller's
 * transaction.
 * @param last the round that was published last.
 * @param keep the attempt of it whose updates stay; undefined when the run has ended.
 * @returns what is left to be done after the commit; where a kill prevents it, some space stays taken.
 */
export function forgetBefore(
  { store, run, queue }: RunContext,
  last: number,
  keep: RoundKey | undefined,
): () => Promise<void> {
  const keys = store.rounds
    .ofRounds(run.id, last - 1, last)
    .filter(({ round, roundAttempt }) => round !== keep?.round || roundAttempt !== keep.roundAttempt)
    .map(({ round, roundAttempt }) => ({ run: run.id, round, roundAttempt }));
  const updates = keys.flatMap((key) => store.contributions.ofRound(key).map(({ sha256 }) => sha256));
  const files = updates.filter((sha256) => !store.updates.deleteSmall(sha256));
  return async () => {
    for (const sha256 of files) await store.updates.deleteFile(sha256);
    for (const key of keys) await queue.removeRound(key);
  };
}
