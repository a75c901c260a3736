import type { Reference, Submodel, SubmodelElement } from '../model.ts';
import { externalReference } from '../references.ts';
import { collection, numbered, propertiesOf, property, referenceElement } from './elements.ts';
import { DATASET_IDS as IDS, SHARED_IDS } from './semantic-ids.ts';

/** What may be known of a participant's local data set: sizes and schema, never data. */
export interface DatasetValues {
  /** Id of the submodel. */
  readonly id: string;
  readonly uriOfTheProduct: string;
  readonly version: string;
  readonly contact: Reference;
  /** Where the data stay, in words: no path, since nobody outside may fetch them. */
  readonly storage: string;
  /** Classes in their order; without counts where the participant shares a summary only. */
  readonly classes: readonly { readonly name: string; readonly examples?: number }[];
  readonly examples: number;
  readonly trainExamples?: number;
  readonly testExamples?: number;
  /** Form of an example, such as `float32 waveform windows`. */
  readonly fileType: string;
  /** The schema: signals, window, features, sampling. */
  readonly information: Readonly<Record<string, string | number>>;
  /** Counts that say how good the data are, such as windows left out by cause. */
  readonly metrics?: Readonly<Record<string, string | number>>;
  /** Where the signals come from, as far as the site publishes it. */
  readonly collectors?: readonly Reference[];
}

/** IDTA 02058-1-0: how much data of which kind a participant trains on. */
export function aiDataset(values: DatasetValues): Submodel {
  const information = propertiesOf(values.information, IDS.information);
  const metrics = propertiesOf(values.metrics ?? {}, IDS.metric);
  return {
    modelType: 'Submodel',
    id: values.id,
    idShort: 'AIDataset',
    kind: 'Instance',
    semanticId: externalReference(IDS.submodel),
    submodelElements: [
      property('URIOfTheProduct', SHARED_IDS.uriOfTheProduct, values.uriOfTheProduct),
      property('Version', SHARED_IDS.version, values.version),
      referenceElement('ContactInformation', IDS.contactInformation, values.contact),
      property('Storage', IDS.storage, values.storage),
      collection('Labeled', IDS.labeled, [
        collection('Classification', IDS.classification, [
          property('NumberLables', IDS.numberOfLabels, values.classes.length),
          ...(values.classes.length === 0
            ? []
            : [collection('Labels', IDS.labels, values.classes.map(label))]),
          ...balance(values.classes),
        ]),
      ]),
      collection('SizeInformation', IDS.sizeInformation, [
        property('CompleteSize', IDS.completeSize, values.examples),
        ...size('TrainSize', IDS.trainSize, values.trainExamples),
        ...size('TestSize', IDS.testSize, values.testExamples),
        ...splitRatio(values),
      ]),
      collection('MetaData', IDS.metaData, [
        property('FileType', IDS.fileType, values.fileType),
        ...(information.length === 0
          ? []
          : [collection('AdditionalInformation', IDS.additionalInformation, information)]),
      ]),
      ...(metrics.length === 0 ? [] : [collection('Metrics', IDS.metrics, metrics)]),
      ...boundaryConditions(values.collectors ?? []),
    ],
  };
}

function label({ name, examples }: DatasetValues['classes'][number], index: number) {
  return collection(numbered('Label', index), IDS.label, [
    property('ClassName', IDS.className, name),
    ...size('NumberOfSamples', IDS.numberOfSamples, examples),
  ]);
}

/** Examples of the rarest class over those of the most frequent one, where the counts are known. */
function balance(classes: DatasetValues['classes']): readonly SubmodelElement[] {
  const counts = classes.flatMap(({ examples }) => examples ?? []);
  const largest = Math.max(...counts);
  if (counts.length < classes.length || counts.length === 0 || largest === 0) return [];
  return [property('Balance', IDS.balance, (Math.min(...counts) / largest).toFixed(3))];
}

function splitRatio({ trainExamples, testExamples }: DatasetValues): readonly SubmodelElement[] {
  if (trainExamples === undefined || testExamples === undefined) return [];
  return [property('SplitRatio', IDS.splitRatio, `${trainExamples}:${testExamples}`)];
}

function boundaryConditions(collectors: readonly Reference[]): readonly SubmodelElement[] {
  if (collectors.length === 0) return [];
  const elements = collectors.map((reference, index) =>
    referenceElement(numbered('Collector', index), IDS.collector, reference),
  );
  return [
    collection('BoundaryConditions', IDS.boundaryConditions, [
      collection('DataCollectors', IDS.dataCollectors, elements),
    ]),
  ];
}

function size(idShort: string, semanticId: string, examples: number | undefined) {
  return examples === undefined ? [] : [property(idShort, semanticId, examples)];
}
