import { modelReference, submodelReference } from '../../../aas/references.ts';
import { InProcessOperations } from '../../../aas/server/operations/in-process-operations.ts';
import { OperationHandlers } from '../../../aas/server/operations/operation-handlers.ts';
import { integer, submodel, text } from '../running-environment.ts';

/** What the server under test holds before each case. */

export const SHELL_ID = 'urn:contract:shell';
export const SUBMODEL_ID = 'urn:contract:submodel';
export const CONCEPT_ID = 'urn:contract:concept';
export const DESCRIBED_SHELL_ID = 'urn:contract:described-shell';
export const DESCRIBED_SUBMODEL_ID = 'urn:contract:described-submodel';
export const PACKAGE_ID = 'contract-package';
export const ASSET_LINKS = [{ name: 'serial', value: '42' }];

export const SUBMODEL = submodel(SUBMODEL_ID, [
  text('Name', 'press'),
  { modelType: 'SubmodelElementCollection', idShort: 'Group', value: [integer('Count', 7)] },
  { modelType: 'File', idShort: 'Drawing', contentType: 'text/plain' },
  { modelType: 'Operation', idShort: 'Start' },
  { modelType: 'Operation', idShort: 'Hang' },
]);

export const SHELL = {
  modelType: 'AssetAdministrationShell',
  id: SHELL_ID,
  idShort: 'Press',
  assetInformation: {
    assetKind: 'Instance',
    globalAssetId: 'urn:contract:asset',
    specificAssetIds: ASSET_LINKS,
  },
  submodels: [submodelReference(SUBMODEL_ID)],
};

export const CONCEPT = {
  modelType: 'ConceptDescription',
  id: CONCEPT_ID,
  idShort: 'Speed',
  isCaseOf: [modelReference({ type: 'ConceptDescription', value: 'urn:contract:movement' })],
};

export const submodelDescriptor = (id: string) => ({
  id,
  endpoints: [{ interface: 'SUBMODEL-3.0', protocolInformation: { href: 'http://elsewhere.example/s' } }],
});

export const shellDescriptor = (id: string) => ({
  id,
  endpoints: [{ interface: 'AAS-3.0', protocolInformation: { href: 'http://elsewhere.example/a' } }],
  submodelDescriptors: [submodelDescriptor(DESCRIBED_SUBMODEL_ID)],
});

/** Operations: `Start` ends at once, `Hang` when the server does. */
export function sampleOperations(): InProcessOperations {
  const handlers = new OperationHandlers();
  handlers.register(SUBMODEL_ID, 'Start', async () => ({}));
  handlers.register(
    SUBMODEL_ID,
    'Hang',
    (_call, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({}))),
  );
  return new InProcessOperations(handlers);
}
