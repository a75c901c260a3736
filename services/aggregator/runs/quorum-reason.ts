import type { RoundRow } from '../store/round-table.ts';
import type { Store } from '../store/store.ts';

/** Who did not contribute to an attempt that missed its quorum. */
interface Missing {
  /** Those whose job failed for good. */
  readonly gaveUp: readonly string[];
  /** Those who were not heard of. */
  readonly unfinished: readonly string[];
}

/** Why an attempt of a round failed, with what is known of each who did not contribute. */
export function quorumReason(
  store: Store,
  row: RoundRow,
  count: number,
  { gaveUp, unfinished }: Missing,
): string {
  const refusals = new Map(
    store.contributions.refusalsOfRound(row).map((refusal) => [refusal.participant, refusal]),
  );
  const why = [
    ...gaveUp.map((id) => `${id}: ${refusals.get(id)?.code} ${refusals.get(id)?.message}`),
    ...unfinished.map((id) => `${id}: no update in time`),
  ];
  return `E_QUORUM_MISSED: ${count} of ${row.quorum} contributions needed (${why.join('; ')})`;
}
