import type { Reference, Submodel, SubmodelElement } from '../model.ts';
import { externalReference, submodelReference } from '../references.ts';
import {
  collection,
  englishText,
  numbered,
  propertiesOf,
  property,
  referenceElement,
  timeRange,
} from './elements.ts';
import { NAMEPLATE_IDS as IDS, SHARED_IDS } from './semantic-ids.ts';

/** What a model version's nameplate says. */
export interface ModelNameplateValues {
  /** Id of the submodel. */
  readonly id: string;
  readonly uriOfTheProduct: string;
  readonly version: string;
  readonly contact: Reference;
  /** Where the model file is, such as the URL of its attachment. */
  readonly storage: string;
  /** @defaultValue supervised */
  readonly kindOfLearning?: string;
  readonly inputs: {
    /** Such as `log band powers of vibration windows`. */
    readonly kind: string;
    readonly dimensions: readonly { readonly size: number; readonly information?: string }[];
  };
  /** What each output dimension means, such as the classes in their order. */
  readonly outputs: readonly { readonly size: number; readonly result: string }[];
  readonly trainingResults: Readonly<Record<string, string | number>>;
  readonly details: {
    readonly fileExtension: string;
    readonly framework: string;
    readonly programLanguage: string;
  };
  /** AIDataset submodels that it was trained on; times in ISO 8601. */
  readonly datasets: readonly { readonly submodelId: string; readonly from?: string; readonly to?: string }[];
  /** Such as `dense`. */
  readonly type: string;
  readonly hyperparameters: Readonly<Record<string, string | number>>;
  /** The version that training started from. */
  readonly parent?: { readonly name: string; readonly timeStamp: string; readonly nameplateId: string };
}

/** IDTA 02060-1-0: what a model version is, how it was trained and how well it does. */
export function aiModelNameplate(values: ModelNameplateValues): Submodel {
  return {
    modelType: 'Submodel',
    id: values.id,
    idShort: 'AIModelNameplate',
    kind: 'Instance',
    semanticId: externalReference(IDS.submodel),
    submodelElements: [
      property('URIOfTheProduct', SHARED_IDS.uriOfTheProduct, values.uriOfTheProduct),
      property('Version', SHARED_IDS.version, values.version),
      referenceElement('ContactInformation', IDS.contactInformation, values.contact),
      property('Storage', IDS.storage, values.storage),
      englishText('KindOfLearning', IDS.kindOfLearning, values.kindOfLearning ?? 'supervised'),
      inputs(values.inputs),
      outputs(values.outputs),
      collection(
        'TrainingResults',
        IDS.trainingResults,
        propertiesOf(values.trainingResults, IDS.trainingResult),
      ),
      collection('Details', IDS.details, [
        property('FileExtension', IDS.fileExtension, values.details.fileExtension),
        property('AIFramework', IDS.framework, values.details.framework),
        property('ProgramLanguage', IDS.programLanguage, values.details.programLanguage),
      ]),
      ...values.datasets.map(dataset),
      collection('AITypeSpecificInformation', IDS.typeInformation, [
        englishText('Type', IDS.type, values.type),
        ...hyperparameters(values.hyperparameters),
        ...transferLearning(values.parent),
      ]),
    ],
  };
}

function inputs({ kind, dimensions }: ModelNameplateValues['inputs']): SubmodelElement {
  return collection('Inputs', IDS.inputs, [
    property('KindOfInput', IDS.kindOfInput, kind),
    ...dimensions.map(({ size, information }, index) =>
      collection(numbered('Dimension', index), IDS.inputDimension, [
        property('Size', IDS.inputSize, size),
        ...(information === undefined ? [] : [property('Information', IDS.inputInformation, information)]),
      ]),
    ),
  ]);
}

function outputs(dimensions: ModelNameplateValues['outputs']): SubmodelElement {
  return collection(
    'Outputs',
    IDS.outputs,
    dimensions.map(({ size, result }, index) =>
      collection(numbered('Dimension', index), IDS.outputDimension, [
        property('Size', IDS.outputSize, size),
        englishText('Result', IDS.outputResult, result),
      ]),
    ),
  );
}

function dataset(
  { submodelId, from, to }: ModelNameplateValues['datasets'][number],
  index: number,
): SubmodelElement {
  return collection(numbered('AIDataset', index), IDS.dataset, [
    referenceElement('AIDatasetReference', IDS.datasetReference, submodelReference(submodelId)),
    ...(from === undefined && to === undefined
      ? []
      : [timeRange('TimeStamp', IDS.datasetTimeStamp, from, to)]),
  ]);
}

function hyperparameters(values: ModelNameplateValues['hyperparameters']): readonly SubmodelElement[] {
  const properties = propertiesOf(values, IDS.hyperparameter);
  return properties.length === 0 ? [] : [collection('Hyperparameter', IDS.hyperparameters, properties)];
}

function transferLearning(parent: ModelNameplateValues['parent']): readonly SubmodelElement[] {
  if (parent === undefined) return [];
  return [
    collection('TransferLearning', IDS.transferLearning, [
      property('Name', IDS.transferName, parent.name),
      property('TimeStamp', IDS.transferTimeStamp, parent.timeStamp, 'xs:dateTime'),
      referenceElement('AIModelNameplate', IDS.transferNameplate, submodelReference(parent.nameplateId)),
    ]),
  ];
}
