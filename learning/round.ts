import { stateMachine } from './state-machine.ts';

export type RoundState = 'open' | 'collecting' | 'aggregating' | 'published' | 'completed' | 'failed';

/**
 * `collect`: the cohort's jobs are in the queue. `close`: enough contributions, no more are taken. `publish`: the next
 * version is made and published. `complete`: nothing of the round is left to do. `fail`: quorum missed, run stopped or
 * aggregation impossible; once a version is published the round cannot fail.
 */
export type RoundEvent = 'collect' | 'close' | 'publish' | 'complete' | 'fail';

/** One attempt of a round from its opening to its end. */
export const roundStates = stateMachine<RoundState, RoundEvent>('round', {
  open: { collect: 'collecting', fail: 'failed' },
  collecting: { close: 'aggregating', fail: 'failed' },
  aggregating: { publish: 'published', fail: 'failed' },
  published: { complete: 'completed' },
  completed: {},
  failed: {},
});

interface Collection {
  readonly cohortSize: number;
  /** From 1. */
  readonly quorum: number;
  /** Updates that count. */
  readonly contributions: number;
  /** Cohort members that will not contribute to this attempt any more. */
  readonly failures: number;
  readonly deadlinePassed: boolean;
}

/**
 * What to do with a collecting round: keep `collecting`, `aggregate` what there is, or give the attempt up because its
 * `quorum-missed`. It closes when every cohort member answered, or at the deadline; it is given up as soon as those
 * that may still answer cannot reach the quorum. There is never an average of fewer than the quorum.
 */
export function decideRound(collection: Collection): 'collecting' | 'aggregate' | 'quorum-missed' {
  const { cohortSize, quorum, contributions, failures, deadlinePassed } = collection;
  if (cohortSize - failures < quorum) return 'quorum-missed';
  if (contributions + failures < cohortSize && !deadlinePassed) return 'collecting';
  return contributions >= quorum ? 'aggregate' : 'quorum-missed';
}
