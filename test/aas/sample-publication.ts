import type { Submodel } from '../../aas/model.ts';
import { aasIds } from '../../aas/submodels/aas-ids.ts';
import { aiDataset } from '../../aas/submodels/ai-dataset.ts';
import { aiDeployment } from '../../aas/submodels/ai-deployment.ts';
import { aiModelNameplate } from '../../aas/submodels/ai-model-nameplate.ts';
import { contactInformation, contactReference } from '../../aas/submodels/contact-information.ts';
import { federationStatus } from '../../aas/submodels/federation-status.ts';
import { participantStatus } from '../../aas/submodels/participant-status.ts';
import { federationShell, modelVersionShell, participantShell } from '../../aas/submodels/shells.ts';

export const ids = aasIds('urn:fedshell:test');
export const FEDERATION_SHELL = ids.federation('gearbox');
export const MODEL_SHELL = ids.model('gearbox', 'main', 2);
export const DEPLOYMENT = ids.submodel(MODEL_SHELL, 'AIDeployment');
const NAMEPLATE = ids.submodel(MODEL_SHELL, 'AIModelNameplate');
const CONTACTS = ids.submodel(FEDERATION_SHELL, 'ContactInformations');
export const STATUS = ids.submodel(FEDERATION_SHELL, 'FederationStatus');
const PARTICIPANT_SHELL = ids.participant('press-1');
const DATASET = ids.submodel(PARTICIPANT_SHELL, 'AIDataset');
export const SHA256 = 'ab'.repeat(32);

/** Every submodel and shell that the product emits, with every optional member. */
export const SUBMODELS: readonly Submodel[] = [
  contactInformation({ id: CONTACTS, company: 'Press shop', department: 'Maintenance' }),
  federationStatus({
    id: STATUS,
    federation: 'gearbox',
    run: 'R1',
    state: 'running',
    reason: 'round 2 is open',
    round: 2,
    totalRounds: 6,
    participantsOnline: 3,
    participants: 3,
    aggregatedAccuracy: 0.9123456789,
    aggregatedUar: 0.9,
    aggregatedLoss: 0.25,
    model: MODEL_SHELL,
    modelVersion: 2,
    modelSha256: SHA256,
    lastError: 'none',
    updatedAt: '2026-01-02T03:04:05.678Z',
  }),
  participantStatus({
    id: ids.submodel(PARTICIPANT_SHELL, 'ParticipantStatus'),
    participant: 'press-1',
    pool: 'hall-3',
    state: 'training',
    examples: 448,
    epoch: 3,
    trainedAccuracy: 0.8,
    trainedLoss: 0.5,
    updatedAt: '2026-01-02T03:04:05.678Z',
  }),
  aiDataset({
    id: DATASET,
    uriOfTheProduct: PARTICIPANT_SHELL,
    version: '1',
    contact: contactReference(CONTACTS),
    storage: 'stays at the site',
    classes: [{ name: 'healthy', examples: 200 }, { name: 'inner race' }],
    examples: 448,
    trainExamples: 358,
    testExamples: 90,
    fileType: 'float32 waveform windows',
    information: { 'window.length': 1024, 'window length': 1024, waveform: 'vibration' },
  }),
  aiModelNameplate({
    id: NAMEPLATE,
    uriOfTheProduct: MODEL_SHELL,
    version: '2',
    contact: contactReference(CONTACTS),
    storage: 'http://127.0.0.1:8601/attachment',
    inputs: { kind: 'log band powers', dimensions: [{ size: 32, information: 'bands' }] },
    outputs: [{ size: 2, result: 'healthy, inner race' }],
    trainingResults: { accuracy: 0.9123456789, loss: 0.25 },
    details: { fileExtension: '.safetensors', framework: 'TensorFlow.js', programLanguage: 'TypeScript' },
    datasets: [{ submodelId: DATASET, from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }],
    type: 'dense',
    hyperparameters: { learningRate: 0.001, hidden: '64, 32' },
    parent: {
      name: 'gearbox main 1',
      timeStamp: '2026-01-02T02:00:00Z',
      nameplateId: ids.submodel(ids.model('gearbox', 'main', 1), 'AIModelNameplate'),
    },
  }),
  aiDeployment({
    id: DEPLOYMENT,
    uriOfTheProduct: MODEL_SHELL,
    version: '2',
    contact: contactReference(CONTACTS),
    nameplateId: NAMEPLATE,
    format: 'safetensors',
    file: { fileName: 'gearbox 2.safetensors', contentType: 'application/octet-stream' },
    inputs: { features: 'float32[32]' },
    outputs: { probabilities: 'float32[2]' },
  }),
];

export const SHELLS = [
  federationShell({ id: FEDERATION_SHELL, federation: 'gearbox', submodelIds: [STATUS, CONTACTS] }),
  participantShell({ id: PARTICIPANT_SHELL, participant: 'press-1', submodelIds: [DATASET] }),
  modelVersionShell({
    id: MODEL_SHELL,
    submodelIds: [NAMEPLATE, DEPLOYMENT],
    federation: 'gearbox',
    group: 'main',
    number: 2,
    sha256: SHA256,
    parentShellId: ids.model('gearbox', 'main', 1),
  }),
];
