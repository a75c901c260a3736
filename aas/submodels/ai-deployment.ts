import type { Reference, Submodel, SubmodelElement } from '../model.ts';
import { externalReference, submodelReference } from '../references.ts';
import { attachedFile, collection, propertiesOf, property, referenceElement, timeRange } from './elements.ts';
import { DEPLOYMENT_IDS as IDS, SHARED_IDS } from './semantic-ids.ts';

/** Path of the File element whose attachment is the model file. */
export const DEPLOYED_MODEL_PATH = 'Storage.DeployedModel';
/** Path of the File element whose attachment lists the software that the model needs. */
export const REQUIREMENTS_PATH = 'SoftwareRequirements.Requirements';

/** What is needed to apply a model version. */
export interface DeploymentValues {
  /** Id of the submodel. */
  readonly id: string;
  readonly uriOfTheProduct: string;
  readonly version: string;
  readonly contact: Reference;
  /** Id of the version's AIModelNameplate. */
  readonly nameplateId: string;
  /** Such as `safetensors`. */
  readonly format: string;
  /** The model file; its bytes are published as the attachment at `DEPLOYED_MODEL_PATH`. */
  readonly file: { readonly fileName: string; readonly contentType: string };
  /** What goes in and comes out, by name; at least one each. */
  readonly inputs: Readonly<Record<string, string | number>>;
  readonly outputs: Readonly<Record<string, string | number>>;
  /** The list of software; its bytes are published as the attachment at `REQUIREMENTS_PATH`. */
  readonly requirements?: { readonly fileName: string; readonly contentType: string };
  readonly monitoring?: {
    /** First and last time at which the version was scored, ISO 8601. */
    readonly from: string;
    readonly to: string;
    /** Accuracy at the last time less that at the first. */
    readonly performanceDrift: number;
  };
}

/** IDTA 02059-1-0: the model file and what goes in and out of it. */
export function aiDeployment(values: DeploymentValues): Submodel {
  return {
    modelType: 'Submodel',
    id: values.id,
    idShort: 'AIDeployment',
    kind: 'Instance',
    semanticId: externalReference(IDS.submodel),
    submodelElements: [
      property('URIOfTheProduct', SHARED_IDS.uriOfTheProduct, values.uriOfTheProduct),
      property('Version', SHARED_IDS.version, values.version),
      referenceElement('ContactInformation', IDS.contactInformation, values.contact),
      referenceElement('ModelNameplateRef', IDS.nameplateReference, submodelReference(values.nameplateId)),
      collection('Storage', IDS.storage, [
        property('Format', IDS.format, values.format),
        attachedFile('DeployedModel', IDS.deployedModel, values.file.fileName, values.file.contentType),
      ]),
      collection('Input', IDS.input, propertiesOf(values.inputs, IDS.inputProperty)),
      collection('Output', IDS.output, propertiesOf(values.outputs, IDS.outputProperty)),
      ...requirements(values.requirements),
      ...monitoring(values.monitoring),
    ],
  };
}

function requirements(file: DeploymentValues['requirements']): readonly SubmodelElement[] {
  if (file === undefined) return [];
  return [
    collection('SoftwareRequirements', IDS.softwareRequirements, [
      attachedFile('Requirements', IDS.requirementsFile, file.fileName, file.contentType),
    ]),
  ];
}

function monitoring(values: DeploymentValues['monitoring']): readonly SubmodelElement[] {
  if (values === undefined) return [];
  return [
    collection('LiveMonitoring', IDS.liveMonitoring, [
      timeRange('TimeIntervall', IDS.timeInterval, values.from, values.to, 'xs:string'),
      collection('DriftMetrics', IDS.driftMetrics, [
        property('PerformanceDrift', IDS.performanceDrift, values.performanceDrift),
      ]),
    ]),
  ];
}
