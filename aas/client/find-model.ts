import { CodedError } from '../../runtime/errors.ts';
import type { ShellDescriptor, SubmodelDescriptor } from '../model.ts';
import { referenceText } from '../references.ts';
import { DEPLOYED_MODEL_PATH } from '../submodels/ai-deployment.ts';
import { DEPLOYMENT_IDS } from '../submodels/semantic-ids.ts';
import { type AasConnection, httpUrl } from './aas-request.ts';
import { type AssetId, findShells } from './find-shells.ts';

/** A published model version as the registry led to it. */
export interface FoundModel {
  readonly shellId: string;
  readonly submodelId: string;
  /** Where the AIDeployment submodel is served. */
  readonly submodelUrl: string;
  /** Path of the File element that has the model file. */
  readonly idShortPath: string;
  /** Where the model file is downloaded. */
  readonly attachmentUrl: string;
}

interface FindModelOptions {
  readonly registry: AasConnection;
  readonly federation: string;
  /** @defaultValue main */
  readonly group?: string;
  /** @defaultValue the newest one that is published */
  readonly version?: number;
}

/**
 * Finds a federation's published model knowing nothing but the registry: shell by its asset ids, AIDeployment submodel
 * by its semanticId, address by its endpoint.
 * @throws CodedError `E_AAS_NOT_FOUND`, `E_AAS_REQUEST`
 */
export async function findModel(options: FindModelOptions): Promise<FoundModel> {
  const { federation, group = 'main', version } = options;
  const assetIds: AssetId[] = [
    { name: 'modelFederation', value: federation },
    { name: 'modelGroup', value: group },
    ...(version === undefined ? [] : [{ name: 'modelVersion', value: String(version) }]),
  ];
  const shells = await findShells(options.registry, assetIds);
  const newest = [...shells].sort((a, b) => versionOf(b) - versionOf(a))[0];
  const wanted = version === undefined ? 'a model' : `model version ${version}`;
  if (newest === undefined) {
    throw new CodedError('E_AAS_NOT_FOUND', `the registry knows no shell of ${wanted} of ${federation}`);
  }
  const submodel = newest.submodelDescriptors?.find(isDeployment);
  if (submodel === undefined) {
    throw new CodedError('E_AAS_NOT_FOUND', `the shell ${newest.id} has no AIDeployment submodel`);
  }
  const submodelUrl = endpointOf(submodel);
  const attachmentUrl = `${submodelUrl}/submodel-elements/${DEPLOYED_MODEL_PATH}/attachment`;
  return {
    shellId: newest.id,
    submodelId: submodel.id,
    submodelUrl,
    idShortPath: DEPLOYED_MODEL_PATH,
    attachmentUrl,
  };
}

/** The address in a descriptor, whatever its version. @throws CodedError `E_AAS_NOT_FOUND`, `E_INVALID_INPUT` */
export function endpointOf(descriptor: SubmodelDescriptor): string {
  const endpoint = descriptor.endpoints.find(({ interface: name }) => /^SUBMODEL-3\.[0-9]+$/.test(name));
  if (endpoint === undefined) {
    throw new CodedError(
      'E_AAS_NOT_FOUND',
      `the descriptor of ${descriptor.id} has no SUBMODEL-3.x endpoint`,
    );
  }
  return httpUrl(endpoint.protocolInformation.href).href.replace(/\/+$/, '');
}

function isDeployment(descriptor: SubmodelDescriptor): boolean {
  const meanings = [descriptor.semanticId, ...(descriptor.supplementalSemanticId ?? [])];
  return meanings.some(
    (meaning) => meaning !== undefined && referenceText(meaning) === DEPLOYMENT_IDS.submodel,
  );
}

function versionOf(descriptor: ShellDescriptor): number {
  const version = descriptor.specificAssetIds?.find(({ name }) => name === 'modelVersion')?.value;
  return version === undefined ? -1 : Number(version);
}
