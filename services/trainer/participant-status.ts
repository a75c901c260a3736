import type { Gap } from '../../connectors/connector.ts';
import { profileSignals } from '../../openapi/profile-signals.ts';
import type { Federation, LocalDataSet as LocalDataSetStatus, Schemas } from '../../openapi/schemas.ts';
import type { Activity } from './activity.ts';
import type { FederationBackend } from './backends/backends.ts';
import type { Collection } from './collection.ts';
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
  readonly collection: Pick<Collection, 'state' | 'reason'>;
}

/** The earliest and the latest time that has an ISO 8601 text of four digits for its year. */
const [EARLIEST_MS, LATEST_MS] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];

/** The state of a participant (contracts, section 2) and the counts of its data per federation that its signals fit. */
export function participantStatus(options: StatusOptions): ParticipantStatus {
  const { dataSet, signals, federations, activity, backendFor, slots, collection } = options;
  const id = dataSet.participant;
  const data = federations
    .filter(({ profile }) => profileSignals(profile).every((name) => signals.includes(name)))
    .map((federation) => dataSetStatus(dataSet, federation, backendFor));
  const ready = data.some((status) => status.ready);
  const reason = collection.reason ?? (ready ? undefined : data.find((status) => !status.ready)?.reason);
  const progress = activity.progress(id);
  return {
    id,
    state: activity.isTraining(id) ? 'training' : ready ? 'ready' : 'collecting',
    data,
    ...(reason !== undefined && { reason: reason.slice(0, 1000) }),
    ...(progress !== undefined && { progress }),
    slots,
    collection: collectionReport(dataSet, collection),
    newestGaps: dataSet.newestGaps().map(gapRow),
  };
}

function collectionReport(
  dataSet: LocalDataSet,
  { state }: Pick<Collection, 'state'>,
): Schemas['CollectionReport'] {
  return {
    ...(state !== undefined && { state: state.state }),
    ...(state?.figures !== undefined && { figures: { ...state.figures } }),
    gaps: dataSet.gapCounts(),
  };
}

function gapRow({ signal, fromMs, toMs, cause, filled, epoch = 0 }: Gap): Schemas['GapRow'] {
  return {
    signal,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    cause,
    filled,
    ...(epoch > 0 && { epoch }),
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

/** A machine may say any time. */
function isoTime(timeMs: number): string {
  return new Date(Math.min(LATEST_MS, Math.max(EARLIEST_MS, timeMs))).toISOString();
}
