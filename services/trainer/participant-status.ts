import type {
  DataProfile,
  Federation,
  LocalDataSet as LocalDataSetStatus,
  Schemas,
} from '../../openapi/schemas.ts';
import type { Activity } from './activity.ts';
import type { LocalDataSet } from './data-set/local-data-set.ts';
import { readinessOf } from './data-set/readiness.ts';

/** What a heartbeat says of one participant. */
export type ParticipantStatus = Schemas['Heartbeat']['participants'][number];

interface StatusOptions {
  readonly dataSet: LocalDataSet;
  /** Names of the signals it collects. */
  readonly signals: readonly string[];
  /** Those that a participant of the pool is admitted to. */
  readonly federations: readonly Federation[];
  readonly activity: Activity;
  /** Why no data comes in, if none does. */
  readonly collectionReason: string | undefined;
}

/** The state of a participant (contracts, section 2) and the counts of its data per federation that its signals fit. */
export function participantStatus(options: StatusOptions): ParticipantStatus {
  const { dataSet, signals, federations, activity, collectionReason } = options;
  const id = dataSet.participant;
  const data = federations
    .filter(({ profile }) => signalsOf(profile).every((name) => signals.includes(name)))
    .map((federation) => dataSetStatus(dataSet, federation));
  const ready = data.some((status) => status.ready);
  const reason = collectionReason ?? (ready ? undefined : data.find((status) => !status.ready)?.reason);
  const progress = activity.progress(id);
  return {
    id,
    state: activity.isTraining(id) ? 'training' : ready ? 'ready' : 'collecting',
    data,
    ...(reason !== undefined && { reason: reason.slice(0, 1000) }),
    ...(progress !== undefined && { progress }),
  };
}

function dataSetStatus(dataSet: LocalDataSet, { id, profile, share }: Federation): LocalDataSetStatus {
  const counts = dataSet.counts(profile);
  const readiness = readinessOf(counts, profile);
  const { examplesPerClass, excludedWindows, ...figures } = counts;
  return {
    federation: id,
    ...figures,
    excludedWindows: { ...excludedWindows },
    ready: readiness.ready,
    ...(share !== 'summary' && { examplesPerClass: [...examplesPerClass] }),
    ...(!readiness.ready && { reason: readiness.reason }),
  };
}

/** Names of all signals that a profile needs. */
function signalsOf({ signals }: DataProfile): readonly string[] {
  const { context = [], ...single } = signals;
  return [...Object.values(single), ...context];
}
