import type { Submodel, SubmodelElement, SubmodelElementCollection } from '../../aas/model.ts';
import { aasIds } from '../../aas/submodels/aas-ids.ts';
import { aiDataset } from '../../aas/submodels/ai-dataset.ts';
import { aiDeployment } from '../../aas/submodels/ai-deployment.ts';
import { aiModelNameplate } from '../../aas/submodels/ai-model-nameplate.ts';
import { httpInterfaces, machineInterface, machineSignal } from '../../aas/submodels/asset-interfaces.ts';
import { contactInformation, contactReference } from '../../aas/submodels/contact-information.ts';
import { digitalNameplate } from '../../aas/submodels/digital-nameplate.ts';
import { federationSubmodel } from '../../aas/submodels/federation.ts';
import { hierarchicalStructures } from '../../aas/submodels/hierarchical-structures.ts';
import { interfaceMapping } from '../../aas/submodels/interface-mapping.ts';
import { participantSubmodel } from '../../aas/submodels/participant.ts';
import { runSubmodel } from '../../aas/submodels/run.ts';
import {
  aggregatorShell,
  federationShell,
  globalAssetIdOf,
  modelVersionShell,
  participantShell,
} from '../../aas/submodels/shells.ts';
import { softwareNameplate } from '../../aas/submodels/software-nameplate.ts';
import {
  machineSeries,
  roundRecord,
  roundSeries,
  runSegment,
  runSegmentHead,
  signalColumn,
} from '../../aas/submodels/time-series.ts';

export const ids = aasIds('urn:fedshell:test');
export const FEDERATION_SHELL = ids.federation('gearbox');
export const MODEL_SHELL = ids.model('gearbox', 'main', 2);
export const DEPLOYMENT = ids.submodel(MODEL_SHELL, 'AIDeployment');
const NAMEPLATE = ids.submodel(MODEL_SHELL, 'AIModelNameplate');
const CONTACTS = ids.submodel(FEDERATION_SHELL, 'ContactInformations');
export const STATUS = ids.submodel(FEDERATION_SHELL, 'Run');
const PARTICIPANT_SHELL = ids.participant('press-1');
const DATASET = ids.submodel(PARTICIPANT_SHELL, 'AIDataset');
const MACHINE = ids.submodel(PARTICIPANT_SHELL, 'AssetInterfacesDescription');
const SIGNALS = ids.submodel(PARTICIPANT_SHELL, 'TimeSeries');
const AGGREGATOR_SHELL = ids.aggregator();
const signals = [
  { name: 'vibration', node: 'nsu=urn:press;s=Wave#1&2' },
  { name: 'load-kN', node: 'nsu=urn:press;s=Load' },
];
export const SHA256 = 'ab'.repeat(32);

/** Every submodel and shell that the product emits, with every optional member. */
export const SUBMODELS: readonly Submodel[] = [
  contactInformation({ id: CONTACTS, company: 'Press shop', department: 'Maintenance' }),
  runSubmodel(STATUS, {
    federation: 'gearbox',
    run: 'R1',
    state: 'running',
    reason: 'round 2 is open',
    round: 2,
    totalRounds: 6,
    epoch: 3,
    participantsOnline: 3,
    participants: 3,
    aggregatedAccuracy: 0.9123456789,
    aggregatedUar: 0.9,
    aggregatedLoss: 0.25,
    dataset: 'gearbox',
    model: MODEL_SHELL,
    modelVersion: 2,
    modelSha256: SHA256,
    lastError: 'none',
    updatedAt: '2026-01-02T03:04:05.678Z',
  }),
  participantSubmodel(ids.submodel(PARTICIPANT_SHELL, 'Participant'), {
    participant: 'press-1',
    pool: 'hall-3',
    state: 'training',
    federations: 'gearbox',
    attributes: '{"position":"top"}',
    signals: 'condition, vibration',
    examples: 448,
    epoch: 3,
    trainedAccuracy: 0.8,
    trainedLoss: 0.5,
    backend: 'gearbox: wasm simd 1, 1770 steps/s',
    slots: '2, start 480 ms, step 1.2 ms, 190 MiB each',
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
    metrics: { ExcludedWindows_gap: 2, LostBlocks: 0 },
    collectors: [machineSignal(MACHINE, 'vibration')],
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
    requirements: { fileName: 'requirements.txt', contentType: 'text/plain' },
    monitoring: { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z', performanceDrift: -0.02 },
  }),
  federationSubmodel(ids.submodel(FEDERATION_SHELL, 'Federation'), {
    federation: 'gearbox',
    title: 'Gearbox watch',
    createdAt: '2026-01-01T00:00:00.000Z',
    model: 'dense',
    modelOptions: '{"hidden":[64,32]}',
    strategy: 'fed-avg',
    cohort: '{"kind":"all"}',
    quorum: '{"kind":"fraction","of":0.8}',
    deadlineMs: 120_000,
    maximumRoundAttempts: 3,
    rounds: 6,
    localEpochs: 8,
    batchSize: 32,
    optimizer: 'adam',
    learningRate: 0.001,
    seed: 1,
    signals: 'vibration, condition',
    classes: '["healthy","inner race"]',
    windowLength: 1024,
    windowHop: 1024,
    sampleRateHz: 12_000,
    features: '{"key":"log-band-power","bands":32}',
    standardisation: 'local',
    share: 'full',
  }),
  hierarchicalStructures({
    id: ids.submodel(FEDERATION_SHELL, 'HierarchicalStructures'),
    whole: { name: 'gearbox', globalAssetId: globalAssetIdOf(FEDERATION_SHELL) },
    parts: ['press-1', 'press_1'].map((name) => ({
      name,
      globalAssetId: globalAssetIdOf(ids.participant(name)),
    })),
  }),
  withRecords(roundSeries({ id: ids.submodel(FEDERATION_SHELL, 'TimeSeries'), federation: 'gearbox' })),
  digitalNameplate({
    id: ids.submodel(PARTICIPANT_SHELL, 'Nameplate'),
    uriOfTheProduct: 'https://presses.example/4711',
    manufacturerName: 'Presses Ltd',
    manufacturerProductDesignation: 'Press 400',
    orderCodeOfManufacturer: 'P400',
    serialNumber: '4711',
    yearOfConstruction: '2019',
    address: { street: 'High Street 1', zipcode: '12345', cityTown: 'Springfield', nationalCode: 'GB' },
  }),
  softwareNameplate({
    id: ids.submodel(AGGREGATOR_SHELL, 'SoftwareNameplate'),
    designation: 'FedShell aggregator',
    version: '0.1.0',
    instanceName: 'installation 1f0c',
    installationDate: '2026-01-01',
    modules: ['Node.js 22.1.0'],
  }),
  interfaceMapping(ids.submodel(PARTICIPANT_SHELL, 'AssetInterfacesMappingConfiguration'), [
    {
      name: 'vibration',
      source: machineSignal(MACHINE, 'vibration'),
      sink: signalColumn(SIGNALS, 'vibration'),
    },
  ]),
];

/** Submodels whose idShort another one has too, by the name of their golden file. */
export const FURTHER_SUBMODELS: Readonly<Record<string, Submodel>> = {
  AssetInterfacesDescription_machine: machineInterface(MACHINE, {
    title: 'OPC UA server of press-1',
    endpoint: 'opc.tcp://press-1:4840',
    securityMode: 'SignAndEncrypt',
    userIdentityToken: 'UserName',
    signals,
  }),
  AssetInterfacesDescription_machine_open: machineInterface(MACHINE, {
    title: 'OPC UA server of press-1',
    endpoint: 'opc.tcp://press-1:4840',
    securityMode: 'None',
    userIdentityToken: 'Anonymous',
    signals,
  }),
  AssetInterfacesDescription_aggregator: httpInterfaces(
    ids.submodel(AGGREGATOR_SHELL, 'AssetInterfacesDescription'),
    (['none', 'bearer'] as const).map((security) => ({
      idShort: `InterfaceHTTP_${security}`,
      title: 'Aggregator API',
      base: 'http://127.0.0.1:8600/',
      security,
      properties: [
        { name: 'status', type: 'object', href: 'api/status' },
        {
          name: 'live-events',
          title: 'As they come',
          href: 'api/events',
          contentType: 'text/event-stream',
          subprotocol: 'sse',
        },
      ],
    })),
  ),
  TimeSeries_machine: machineSeries({
    id: SIGNALS,
    participant: 'press-1',
    endpoint: 'opc.tcp://press-1:4840',
    signals,
  }),
};

/** A series as it stands after two versions of a run: what is published element by element, put together. */
function withRecords(series: Submodel): Submodel {
  const segment = runSegment('R1', '2026-01-02T00:00:00Z');
  const head = runSegmentHead({ recordCount: 2, completed: true, endTime: '2026-01-02T02:00:00Z' });
  const changed = new Map(head.map((element) => [element.idShort, element]));
  const records = [
    roundRecord({ time: '2026-01-02T00:00:00Z', round: 0, modelVersion: 0 }),
    roundRecord({
      time: '2026-01-02T02:00:00Z',
      round: 1,
      modelVersion: 1,
      contributors: 3,
      exampleCount: 1074,
      accuracy: 0.9,
      uar: 0.85,
      loss: 0.3,
      testExampleCount: 270,
      accuracyWorstTenth: 0.75,
      accuracyVariance: 0.01,
    }),
  ];
  const complete = withChildren(segment, (element) =>
    element.modelType === 'SubmodelElementCollection'
      ? { ...element, value: records }
      : (changed.get(element.idShort) ?? element),
  );
  const elements = series.submodelElements ?? [];
  return {
    ...series,
    submodelElements: elements.map((element) =>
      element.modelType === 'SubmodelElementCollection' && element.idShort === 'Segments'
        ? { ...element, value: [complete] }
        : element,
    ),
  };
}

function withChildren(
  parent: SubmodelElementCollection,
  change: (element: SubmodelElement) => SubmodelElement,
): SubmodelElementCollection {
  return { ...parent, value: (parent.value ?? []).map(change) };
}

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
  aggregatorShell({
    id: AGGREGATOR_SHELL,
    installation: '1f0c',
    submodelIds: [ids.submodel(AGGREGATOR_SHELL, 'SoftwareNameplate')],
  }),
];
