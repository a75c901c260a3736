import { type CohortSpec, chooseCohort } from '../../../learning/cohort.ts';
import type { RoundRow } from '../store/round-table.ts';
import { type NextRound, openedRow } from './open-round.ts';
import { eligible, type RunContext, readyOnes } from './run-context.ts';
import { tooFew, type Wait } from './wait.ts';

interface Buffer {
  /** Updates that make a version. */
  readonly needed: number;
  /** Participants whose jobs are out. */
  readonly busy: ReadonlySet<string>;
  /** Participants whose updates wait for more; they get their next job when these count. */
  readonly waiting: ReadonlySet<string>;
}

/**
 * Chooses who is given a job from the newest version: those who are ready and have none, as many as the federation lets
 * train at a time. @returns the round to store, or why too few updates can come.
 */
export function planBuffer(context: RunContext, next: NextRound, buffer: Buffer): RoundRow | Wait {
  const { run, federation } = context;
  const { needed, busy, waiting } = buffer;
  const admitted = eligible(context);
  const ready = new Set(readyOnes(context).filter((id) => !busy.has(id) && !waiting.has(id)));
  const room = roomOf(federation.cohort ?? { kind: 'all' }, admitted.length) - busy.size;
  const cohort =
    room < 1 || ready.size === 0
      ? []
      : chooseCohort({
          spec: { kind: 'count', of: Math.min(room, admitted.length) },
          quorum: { kind: 'count', of: 1 },
          admitted,
          ready,
          missed: next.missed,
          seed: run.seed,
          round: next.round,
        }).cohort;
  const possible = busy.size + waiting.size + cohort.length;
  if (possible < needed) {
    return tooFew(context, `a version is made of ${needed} updates, and ${possible} can come`);
  }
  return openedRow(context, next, { cohort, quorum: needed });
}

/** How many train at a time. */
function roomOf(spec: CohortSpec, admitted: number): number {
  switch (spec.kind) {
    case 'all':
      return admitted;
    case 'count':
      return spec.of;
    case 'fraction':
      return Math.ceil(spec.of * admitted - 1e-9);
    default:
      return spec satisfies never;
  }
}
