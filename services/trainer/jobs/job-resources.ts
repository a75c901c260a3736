import type { PoolJobContext } from '../../../queue/pool-worker.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { AggregatorClient } from '../aggregator-client.ts';
import type { Backends } from '../backends/backends.ts';
import type { LocalDataSet } from '../data-set/local-data-set.ts';
import type { TaskPerformer } from '../training/training-slots.ts';
import type { UpdateStore } from '../update-store.ts';
import type { VersionCache } from '../version-cache.ts';

/** What the jobs of a pool work with. */
export interface JobResources {
  readonly client: AggregatorClient;
  /** By participant. */
  readonly dataSets: ReadonlyMap<string, LocalDataSet>;
  readonly tasks: TaskPerformer;
  readonly backends: Pick<Backends, 'require'>;
  readonly versions: VersionCache;
  readonly updates: UpdateStore;
  readonly log: Log;
}

/** How a job is called off and followed. */
export type JobContext = Pick<PoolJobContext, 'signal' | 'progress'>;

/** @throws CodedError `E_NOT_FOUND` for a participant of another pool. */
export function dataSetOf({ dataSets }: JobResources, participant: string): LocalDataSet {
  const dataSet = dataSets.get(participant);
  if (dataSet !== undefined) return dataSet;
  throw new CodedError('E_NOT_FOUND', `participant ${participant} is not of this pool`);
}
