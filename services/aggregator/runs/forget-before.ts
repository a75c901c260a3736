import type { RoundKey, RoundRow } from '../store/round-table.ts';
import type { RunContext } from './run-context.ts';

/**
 * Forgets the updates of what came before the published round, as nobody asks for them again; part of the caller's
 * transaction.
 * @param last the round that was published last.
 * @param keep the attempt of it whose jobs stay; undefined when the run has ended.
 * @param keepsUpdates whether the updates of that attempt stay, too.
 * @returns what is left to be done after the commit; where a kill prevents it, some space stays taken.
 */
export function forgetBefore(
  context: RunContext,
  last: number,
  keep: RoundKey | undefined,
  keepsUpdates = true,
): () => Promise<void> {
  const { store, run } = context;
  const keys = store.rounds
    .ofRounds(run.id, last - 1, last)
    .filter(({ round, roundAttempt }) => round !== keep?.round || roundAttempt !== keep.roundAttempt)
    .map(({ round, roundAttempt }) => ({ run: run.id, round, roundAttempt }));
  const over = keep === undefined || keepsUpdates ? keys : [...keys, { ...keep, run: run.id }];
  return forget(
    context,
    keys,
    over.flatMap((key) => store.contributions.ofRound(key)),
  );
}

/**
 * The same where versions are made of whatever updates have come: a round's jobs stay while somebody is awaited.
 * @param last the round that was published last; undefined when the run has ended.
 */
export function forgetCounted(
  context: RunContext,
  last: number | undefined,
  isAwaited: (row: RoundRow) => boolean,
): () => Promise<void> {
  const { store, run } = context;
  const before = last === undefined ? Number.MAX_SAFE_INTEGER : last - 1;
  const since = last === undefined ? 0 : before;
  const counted = [
    ...store.contributions.countedIn(run.id, since, before),
    ...store.contributions.countedIn(run.id, 0, 0),
    ...(last === undefined ? store.contributions.pending(run.id) : []),
  ];
  const rounds = new Map(counted.map((each) => [`${each.round}.${each.roundAttempt}`, each]));
  const over = [...rounds.values()].filter((key) => {
    const row = store.rounds.get(key);
    return row !== undefined && !isAwaited(row);
  });
  return forget(context, over, counted);
}

function forget(
  { store, run, queue }: RunContext,
  rounds: readonly Omit<RoundKey, 'run'>[],
  contributions: readonly { readonly sha256: string }[],
): () => Promise<void> {
  const updates = contributions.map(({ sha256 }) => sha256);
  const files = updates.filter((sha256) => !store.updates.deleteSmall(sha256));
  return async () => {
    for (const sha256 of files) await store.updates.deleteFile(sha256);
    for (const { round, roundAttempt } of rounds)
      await queue.removeRound({ run: run.id, round, roundAttempt });
  };
}
