import type { Shell, Submodel } from '../../../aas/model.ts';
import { submodelReference } from '../../../aas/references.ts';
import { aasIds } from '../../../aas/submodels/aas-ids.ts';
import { attachedFile, collection, property } from '../../../aas/submodels/elements.ts';
import { federationShell, modelVersionShell, participantShell } from '../../../aas/submodels/shells.ts';

const ids = aasIds('urn:fedshell:test');
export const MODEL_SHELL = ids.model('gearbox', 'main', 2);
export const DEPLOYMENT = ids.submodel(MODEL_SHELL, 'AIDeployment');
const FEDERATION_SHELL = ids.federation('gearbox');
const STATUS = ids.submodel(FEDERATION_SHELL, 'Run');
const PARTICIPANT_SHELL = ids.participant('press-1');
const PARTICIPANT = ids.submodel(PARTICIPANT_SHELL, 'Participant');

const submodel = (id: string, idShort: string, elements: Submodel['submodelElements']): Submodel => ({
  modelType: 'Submodel',
  id,
  idShort,
  kind: 'Instance',
  ...(elements === undefined ? {} : { submodelElements: elements }),
});

const FILE = attachedFile('DeployedModel', 'urn:test:file', 'model.safetensors', 'application/octet-stream');

/** A model version with a file, the federation that names it, and a participant. */
export const SUBMODELS: readonly Submodel[] = [
  submodel(DEPLOYMENT, 'AIDeployment', [collection('Storage', 'urn:test:storage', [FILE])]),
  submodel(STATUS, 'Run', [property('modelVersion', 'urn:test:version', 2, 'xs:int')]),
  submodel(PARTICIPANT, 'Participant', [property('state', 'urn:test:state', 'ready')]),
];

export const SHELLS: readonly Shell[] = [
  modelVersionShell({
    id: MODEL_SHELL,
    submodelIds: [DEPLOYMENT],
    federation: 'gearbox',
    group: 'main',
    number: 2,
    sha256: 'ab'.repeat(32),
  }),
  federationShell({ id: FEDERATION_SHELL, federation: 'gearbox', submodelIds: [STATUS] }),
  participantShell({ id: PARTICIPANT_SHELL, participant: 'press-1', submodelIds: [PARTICIPANT] }),
];

/** A shell that names just this submodel. */
export const shellOf = (submodelId: string): Shell => ({
  ...federationShell({ id: FEDERATION_SHELL, federation: 'gearbox', submodelIds: [] }),
  submodels: [submodelReference(submodelId)],
});
