import type { Submodel } from '../model.ts';
import { externalReference } from '../references.ts';
import { collection, englishText, numbered, property } from './elements.ts';
import { SOFTWARE_NAMEPLATE_IDS as IDS } from './nameplate-ids.ts';

/** One installation of our software. */
export interface SoftwareNameplateValues {
  readonly id: string;
  /** Such as `FedShell aggregator`. */
  readonly designation: string;
  readonly version: string;
  readonly instanceName: string;
  /** ISO 8601 date. */
  readonly installationDate: string;
  /** What it computes with, such as a library and its version. */
  readonly modules: readonly string[];
}

/** IDTA 02007-1-0: which of our software runs there. Release and build have no date before the first release. */
export function softwareNameplate(values: SoftwareNameplateValues): Submodel {
  const { designation, version, modules } = values;
  return {
    modelType: 'Submodel',
    id: values.id,
    idShort: 'SoftwareNameplate',
    kind: 'Instance',
    semanticId: externalReference(IDS.submodel),
    submodelElements: [
      collection('SoftwareNameplate_Type', IDS.type, [
        property('URIOfTheProduct', IDS.uriOfTheProduct, `urn:fedshell:software:${version}`),
        englishText('ManufacturerName', IDS.manufacturerName, 'FedShell project'),
        englishText('ManufacturerProductDesignation', IDS.manufacturerProductDesignation, designation),
        property('SoftwareType', IDS.softwareType, 'Application'),
        property('Version', IDS.version, version),
        property('ReleaseDate', IDS.releaseDate, undefined, 'xs:date'),
        property('BuildDate', IDS.buildDate, undefined, 'xs:date'),
      ]),
      collection('SoftwareNameplate_Instance', IDS.instance, [
        property('InstanceName', IDS.instanceName, values.instanceName),
        property('InstalledVersion', IDS.installedVersion, version),
        property('InstallationDate', IDS.installationDate, values.installationDate, 'xs:date'),
        collection(
          'InstalledModules',
          IDS.installedModules,
          modules.map((name, index) =>
            property(numbered('InstalledModule', index), IDS.installedModule, name),
          ),
        ),
      ]),
    ],
  };
}
