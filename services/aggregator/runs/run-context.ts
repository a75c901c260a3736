import type { Federation } from '../../../openapi/schemas.ts';
import type { AggregatorQueue } from '../../../queue/aggregator-queue.ts';
import type { Log } from '../../../runtime/log.ts';
import type { FoldPool } from '../fold/fold-pool.ts';
import type { Metrics } from '../metrics.ts';
import type { Participants } from '../participants.ts';
import type { Publisher } from '../publishing/publisher.ts';
import type { RunRow } from '../store/run-table.ts';
import type { Store } from '../store/store.ts';
import { Deadline } from './deadline.ts';

/** What every run works with. */
export interface RunServices {
  readonly store: Store;
  readonly participants: Participants;
  readonly queue: AggregatorQueue;
  readonly publisher: Publisher;
  readonly metrics: Metrics;
  readonly foldPool: FoldPool;
  readonly log: Log;
  readonly maximumModelBytes: number;
  /** What rounds leave free on the disk. */
  readonly leastFreeBytes: number;
  /** The run, its rounds or evaluations changed: whoever watches should look again. */
  runChanged(run: string): void;
  versionChanged(federation: string, number: number, group: string): void;
}

/** One unfinished run with what it works with. */
export interface RunContext extends RunServices {
  readonly run: RunRow;
  readonly federation: Federation;
  /** Lets the driver look again, soon. */
  poke(): void;
}

/** Participants that the run may ask, sorted. */
export function eligible({ run, federation, participants }: RunContext): string[] {
  const admitted = participants.admittedTo(federation.id);
  return run.participants === undefined ? admitted : admitted.filter((id) => run.participants?.includes(id));
}

/** Those of `eligible` that can be given a job now. */
export function readyOnes(context: RunContext): string[] {
  return eligible(context).filter((id) => context.participants.isReady(id, context.federation.id));
}

/** A deadline of the federation's length that wakes the run's driver. */
export function openDeadline(context: RunContext, name: string): Deadline {
  return new Deadline({
    deadlines: context.store.deadlines,
    name,
    // Filled in by the schema when the federation was created.
    fullMs: context.federation.deadlineMs ?? 120_000,
    counts: () => context.queue.state() === 'connected',
    expired: context.poke,
  });
}
