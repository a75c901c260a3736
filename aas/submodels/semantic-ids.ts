/**
 * Semantic ids that our submodels carry, published misspellings kept: IDTA 02002, 02058, 02059, 02060 and our own. Those
 * of the other templates stand in time-series-ids.ts, interface-ids.ts and nameplate-ids.ts.
 */

const NAMEPLATE = 'https://admin-shell.io/idta/AIModelNameplate';
const TYPE = `${NAMEPLATE}/AITypeSpecificInformation`;
const DEPLOYMENT = 'https://admin-shell.io/idta/AIDeployment';
const DATASET = 'https://admin-shell.io/idta/AIDataset';
const CLASSIFICATION = `${DATASET}/labeled/Classification`;
const CONTACTS = 'https://admin-shell.io/zvei/nameplate/1/0/ContactInformations';

/** Members that the three AI templates share. */
export const SHARED_IDS = {
  uriOfTheProduct: '0112/2///61987#ABN590#002',
  version: '0173-1#02-AAS354#002',
} as const;

/** IDTA 02060-1-0, AI Model Nameplate. */
export const NAMEPLATE_IDS = {
  submodel: 'https://admin-shell.io/idta/SubmodelTemplate/AIModelNameplate/1/0',
  contactInformation: `${NAMEPLATE}/Contactinformation/1/0`,
  storage: `${NAMEPLATE}/Storage/1/0`,
  kindOfLearning: `${NAMEPLATE}/KindOfLearning/1/0`,
  inputs: `${NAMEPLATE}/Inputs/1/0`,
  kindOfInput: `${NAMEPLATE}/Inputs/KindOfInput/1/0`,
  inputDimension: `${NAMEPLATE}/Inputs/DimensionN/1/0`,
  inputSize: `${NAMEPLATE}/Inputs/DimensionN/Size/1/0`,
  inputInformation: `${NAMEPLATE}/Inputs/DimensionN/Information/1/0`,
  outputs: `${NAMEPLATE}/Outputs/1/0`,
  outputDimension: `${NAMEPLATE}/Outputs/DimensionN/1/0`,
  outputSize: `${NAMEPLATE}/Outputs/DimensionN/Size/1/0`,
  outputResult: `${NAMEPLATE}/Outputs/DimensionN/Result/1/0`,
  trainingResults: `${NAMEPLATE}/TrainingResults/1/0`,
  trainingResult: `${NAMEPLATE}/TrainingResults/Result/1/0`,
  details: `${NAMEPLATE}/Details/1/0`,
  fileExtension: `${NAMEPLATE}/Details/DataEnding/1/0`,
  framework: `${NAMEPLATE}/Details/AIFramework/1/0`,
  programLanguage: `${NAMEPLATE}/Details/ProgramLanguage/1/0`,
  dataset: `${NAMEPLATE}/AIDataset/1/0`,
  datasetReference: `${NAMEPLATE}/AIDataset/DatasetReference/1/0`,
  datasetTimeStamp: `${NAMEPLATE}/AIDataset/TimeStamp/1/0`,
  typeInformation: `${TYPE}/1/0`,
  type: `${TYPE}/Type/1/0`,
  hyperparameters: `${TYPE}/Hyperparameter/1/0`,
  hyperparameter: `${TYPE}/Hyperparameter/LearningRate/1/0`,
  transferLearning: `${TYPE}/TransferLearning/1/0`,
  transferName: `${TYPE}/NeuralNetwork/TransferLearning/Name/1/0`,
  transferTimeStamp: `${TYPE}/NeuralNetwork/TransferLearning/TimeStamp/1/0`,
  transferNameplate: `${TYPE}/NeuralNetwork/TransferLearning/ModelnameplateRef/1/0`,
} as const;

/** IDTA 02059-1-0, AI Deployment. */
export const DEPLOYMENT_IDS = {
  submodel: 'https://admin-shell.io/idta/SubmodelTemplate/AIDeployment/1/0',
  contactInformation: `${DEPLOYMENT}/Contactinformation/1/0`,
  nameplateReference: `${DEPLOYMENT}/ModelNameplateRef/1/0`,
  storage: `${DEPLOYMENT}/Storage/1/0`,
  format: `${DEPLOYMENT}/Storage/Format/1/0`,
  deployedModel: `${DEPLOYMENT}/Storage/DeployedModel/1/0`,
  input: `${DEPLOYMENT}/Input/1/0`,
  inputProperty: `${DEPLOYMENT}/Input/InputProperty/1/0`,
  output: `${DEPLOYMENT}/Output/1/0`,
  outputProperty: `${DEPLOYMENT}/Output/OutputProperty/1/0`,
  softwareRequirements: `${DEPLOYMENT}/SoftwareRequirements/1/0`,
  requirementsFile: `${DEPLOYMENT}/SoftwareRequirements/RequirementsFile/1/0`,
  liveMonitoring: `${DEPLOYMENT}/LiveMonitoring/1/0`,
  timeInterval: `${DEPLOYMENT}/LiveMonitoring/TimeIntervall/1/0`,
  driftMetrics: `${DEPLOYMENT}/LiveMonitoring/DriftMetrics/1/0`,
  performanceDrift: `${DEPLOYMENT}/LiveMonitoring/DriftMetrics/PerformanceDrift/1/0`,
} as const;

/** IDTA 02058-1-0, AI Dataset. */
export const DATASET_IDS = {
  submodel: 'https://admin-shell.io/idta/SubmodelTemplate/AIDataset/1/0',
  contactInformation: `${DATASET}/ContactInformation/1/0`,
  storage: `${DATASET}/Storage/1/0`,
  labeled: `${DATASET}/labeled/1/0`,
  classification: `${DATASET}/Labeled/Classification/1/0`,
  numberOfLabels: `${CLASSIFICATION}/NumberLabels/1/0`,
  labels: `${CLASSIFICATION}/Labels/1/0`,
  label: `${CLASSIFICATION}/Labels/Label/1/0`,
  className: `${CLASSIFICATION}/Labels/Label/ClassName/1/0`,
  numberOfSamples: `${CLASSIFICATION}/Labels/Label/NumberOfSamples/1/0`,
  balance: `${CLASSIFICATION}/Balance/1/0`,
  sizeInformation: `${DATASET}/SizeInformation/1/0`,
  completeSize: `${DATASET}//SizeInformation/CompleteSize/1/0`,
  trainSize: `${DATASET}/SizeInformation/TrainSize/1/0`,
  testSize: `${DATASET}/SizeInformation/TestSize/1/0`,
  splitRatio: `${DATASET}/SizeInformation/SplitRatio/1/0`,
  metaData: `${DATASET}/MetaData/1/0`,
  fileType: `${DATASET}/MetaData/FileType/1/0`,
  additionalInformation: `${DATASET}/MetaData/AdditionalInformation/1/0`,
  information: `${DATASET}/MetaData/AdditionalInformation/Info/1/0`,
  metrics: `${DATASET}/Metrics/1/0`,
  metric: `${DATASET}/MetaData/Metrics/Metric/1/0`,
  boundaryConditions: `${DATASET}/BoundaryConditions/1/0`,
  dataCollectors: `${DATASET}/BoundaryConditions/DataCollectors/1/0`,
  collector: `${DATASET}/BoundaryConditions/DataCollectors/CollectorDescription/1/0`,
} as const;

/** IDTA 02002-1-0, Contact Information. */
export const CONTACT_IDS = {
  submodel: CONTACTS,
  contactInformation: `${CONTACTS}/ContactInformation`,
  role: '0173-1#02-AAO204#003',
  company: '0173-1#02-AAW001#001',
  department: '0173-1#02-AAO127#003',
} as const;

/** Our own ids, with their version; a member's id is the submodel's with `:` and its idShort (own-templates.ts). */
export const FEDERATION_ID = 'urn:fedshell:submodel:federation:1:0';
export const RUN_ID = 'urn:fedshell:submodel:run:1:0';
export const PARTICIPANT_ID = 'urn:fedshell:submodel:participant:1:0';
/** Columns of the time series of a federation's rounds. */
export const ROUND_METRICS_ID = 'urn:fedshell:concept:round-metrics:1:0';
/** A machine's signal, by its name in the federation. */
export const SIGNAL_ID = 'urn:fedshell:concept:signal:1:0';
export const COMMANDS_ID = 'urn:fedshell:submodel:commands:1:0';
