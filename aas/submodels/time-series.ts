import type { Property, Reference, Submodel, SubmodelElement, SubmodelElementCollection } from '../model.ts';
import { externalReference, modelReference } from '../references.ts';
import { collection, englishText, idShortOf, property, uniqueIdShorts } from './elements.ts';
import { memberId } from './own-template.ts';
import { ROUND_METRICS, type RoundMetrics } from './round-metrics.ts';
import { SIGNAL_ID } from './semantic-ids.ts';
import { TIME_SERIES_IDS as IDS } from './time-series-ids.ts';

/**
 * IDTA 02008-1-1: the figures of a federation's rounds, without its segments. They grow below `Segments`, an element at
 * a time: one InternalSegment a run (`runSegment`), one Record a round (`roundRecord`).
 */
export function roundSeries(values: { readonly id: string; readonly federation: string }): Submodel {
  return series(values.id, {
    name: `Rounds of ${values.federation}`,
    description: 'One record a model version. Figures speak of the global version on local test windows.',
    columns: ROUND_METRICS.members.map(({ idShort, valueType }) =>
      property(idShort, memberId(ROUND_METRICS.semanticId, idShort), undefined, valueType),
    ),
    segments: [],
  });
}

/** Path of a run's segment. */
export function runSegmentPath(run: string): string {
  return `Segments.${runSegmentIdShort(run)}`;
}

/** Path of the records of a run's segment. */
export function recordsPath(run: string): string {
  return `${runSegmentPath(run)}.Records`;
}

function runSegmentIdShort(run: string): string {
  return idShortOf(`Run_${run}`);
}

/** A run's segment as it begins, without records. @param startTime ISO 8601 */
export function runSegment(run: string, startTime: string): SubmodelElementCollection {
  return collection(runSegmentIdShort(run), IDS.internalSegment, [
    englishText('Name', IDS.segmentName, `Run ${run}`),
    property('StartTime', IDS.startTime, startTime),
    ...runSegmentHead({ recordCount: 0, completed: false, endTime: startTime }),
    collection('Records', IDS.records, []),
  ]);
}

/** The members of a run's segment that change with each record. */
export function runSegmentHead(values: {
  readonly recordCount: number;
  readonly completed: boolean;
  /** Of the newest record, ISO 8601. */
  readonly endTime: string;
}): readonly Property[] {
  return [
    property('RecordCount', IDS.recordCount, values.recordCount, 'xs:long'),
    property('EndTime', IDS.endTime, values.endTime),
    property('State', IDS.state, values.completed ? 'completed' : 'in progress'),
    property('LastUpdate', IDS.lastUpdate, values.endTime),
  ];
}

/** The record of one model version; a figure that is not known yet has no value. */
export function roundRecord(values: RoundMetrics): SubmodelElementCollection {
  return collection(`Record${values.modelVersion}`, IDS.record, [
    property('Time', IDS.utcTime, values.time, 'xs:dateTime'),
    ...ROUND_METRICS.members.map(({ idShort, valueType }) =>
      property(idShort, memberId(ROUND_METRICS.semanticId, idShort), values[idShort], valueType),
    ),
  ]);
}

/** Where a machine serves its signals; only what its site allowed to be published. */
export interface MachineSeriesValues {
  readonly id: string;
  readonly participant: string;
  /** Such as `opc.tcp://press-1:4840`. */
  readonly endpoint: string;
  readonly signals: readonly { readonly name: string; readonly node: string }[];
}

/** IDTA 02008-1-1: a machine's signals, each a linked segment. No value of a signal is in the AAS. */
export function machineSeries(values: MachineSeriesValues): Submodel {
  const { participant, endpoint, signals } = values;
  const idShorts = uniqueIdShorts(signals.map(({ name }) => name));
  return series(values.id, {
    name: `Signals of ${participant}`,
    description: 'Columns and where the machine serves them; no samples.',
    columns: idShorts.map((idShort) => property(idShort, SIGNAL_ID, undefined)),
    segments: signals.map(({ name, node }, index) =>
      collection(`Signal_${idShorts[index]}`, IDS.linkedSegment, [
        englishText('Name', IDS.segmentName, name),
        englishText('Description', IDS.segmentDescription, 'The query is the NodeId of an OPC UA variable.'),
        property('Endpoint', IDS.endpoint, endpoint),
        property('Query', IDS.query, node),
      ]),
    ),
  });
}

/** The column of a signal, by the signal's idShort, in a submodel that `machineSeries` built. */
export function signalColumn(submodelId: string, idShort: string): Reference {
  return modelReference(
    { type: 'Submodel', value: submodelId },
    { type: 'SubmodelElementCollection', value: 'Metadata' },
    { type: 'SubmodelElementCollection', value: 'Record' },
    { type: 'Property', value: idShort },
  );
}

function series(
  id: string,
  values: {
    readonly name: string;
    readonly description: string;
    readonly columns: readonly Property[];
    readonly segments: readonly SubmodelElement[];
  },
): Submodel {
  return {
    modelType: 'Submodel',
    id,
    idShort: 'TimeSeries',
    kind: 'Instance',
    semanticId: externalReference(IDS.submodel),
    submodelElements: [
      collection('Metadata', IDS.metadata, [
        englishText('Name', IDS.name, values.name),
        englishText('Description', IDS.description, values.description),
        collection('Record', IDS.record, [
          property('Time', IDS.utcTime, undefined, 'xs:dateTime'),
          ...values.columns,
        ]),
      ]),
      collection('Segments', IDS.segments, values.segments),
    ],
  };
}
