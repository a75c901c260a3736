import type {
  DataProfile,
  Federation,
  LocalDataSet as LocalDataSetStatus,
  Schemas,
} from '../../openapi/schemas.ts';
import type { Activity } from './activity.ts';
import type { FederationBackend } from './backends/backends.ts';
import type { LocalDataSet } from './data-set/local-data-set.ts';
import { readinessOf } from './data-set/readiness.ts';
import type { PoolFigures } from './training/training-slots.ts';

/** What a heartbeat says of one participant. */
export type ParticipantStatus = Schemas['Heartbeat']['participants'][number];

interface StatusOptions {
  readonly dataSet: LocalDataSet;
  /** Names of the signals it collects. */
  readonly signals: readonly string[];
  /** Those that a participant of the pool is admitted to. */
  readonly federations: readonly Federation[];
  readonly activity: Activity;
  /** What a federation's model is computed with; undefined while that is being measured. */
  readonly backendFor: (federation: Federation) => FederationBackend | undefined;
  /** What the pool measured of its training processes. */
  readonly slots: PoolFigures;
  /** Why no data comes in, if none does. */
  readonly collectionReason: string | undefined;
}

/** The state of a participant (contracts, section 2) and the counts of its data per federation that its signals fit. */
export function participantStatus(options: StatusOptions): ParticipantStatus {
  const { dataSet, signals, federations, activity, backendFor, slots, collectionReason } = options;
  const id = dataSet.participant;
  const data = federations
    .filter(({ profile }) => signalsOf(profile).every((name) => signals.includes(name)))
    .map((federation) => dataSetStatus(dataSet, federation, backendFor));
  const ready = data.some((status) => status.ready);
  const reason = collectionReason ?? (ready ? undefined : data.find((status) => !status.ready)?.reason);
  const progress = activity.progress(id);
  return {
    id,
    state: activity.isTraining(id) ? 'training' : ready ? 'ready' : 'collecting',
    data,
    ...(reason !== undefined && { reason: reason.slice(0, 1000) }),
    ...(progress !== undefined && { progress }),
    slots,
  };
}

function dataSetStatus(
  dataSet: LocalDataSet,
  federation: Federation,
  backendFor: StatusOptions['backendFor'],
): LocalDataSetStatus {
  const { id, profile, share } = federation;
  const counts = dataSet.counts(profile);
  const collected = readinessOf(counts, profile);
  // Asked before there is anything to train on, so that the measurement is mostly done by then.
  const backend = backendFor(federation);
  const measures = collected.ready && backend === undefined;
  const readiness = measures
    ? { ready: false as const, reason: 'measures which tensor backend is the best for the model' }
    : collected;
  const { examplesPerClass, excludedWindows, ...figures } = counts;
  return {
    federation: id,
    ...figures,
    excludedWindows: { ...excludedWindows },
    ready: readiness.ready,
    ...(share !== 'summary' && { examplesPerClass: [...examplesPerClass] }),
    ...(!readiness.ready && { reason: readiness.reason }),
    // One that has finished and is not ready counts as one that never will be.
    ...(measures && { finished: false }),
    ...(backend !== undefined && backend),
  };
}

/** Names of all signals that a profile needs. */
function signalsOf({ signals }: DataProfile): readonly string[] {
  const { context = [], ...single } = signals;
  return [...Object.values(single), ...context];
}
