import type { components } from './generated/aggregator.ts';

/** The shapes that cross a process, by the names of openapi/aggregator.yaml. */
export type Schemas = components['schemas'];

export type Federation = Schemas['Federation'];
export type DataProfile = Schemas['DataProfile'];
export type ModelSpec = Schemas['ModelSpec'];
export type TrainingSpec = Schemas['TrainingSpec'];
export type TrainerFile = Schemas['TrainerFile'];
export type OpcuaSource = Schemas['OpcuaSource'];
export type FolderSource = Schemas['FolderSource'];
export type Participant = Schemas['Participant'];
export type LocalDataSet = Schemas['LocalDataSet'];
export type Run = Schemas['Run'];
export type Round = Schemas['Round'];
export type Contribution = Schemas['Contribution'];
export type ModelVersion = Schemas['ModelVersion'];
export type Evaluation = Schemas['Evaluation'];
export type EvaluationReport = Schemas['EvaluationReport'];
export type Numerics = Schemas['Numerics'];
export type Scaler = Schemas['Scaler'];
export type FeatureStatistics = Schemas['FeatureStatistics'];
export type InitialiseJob = Schemas['InitialiseJob'];
export type StatisticsJob = Schemas['StatisticsJob'];
export type TrainJob = Schemas['TrainJob'];
export type EvaluateJob = Schemas['EvaluateJob'];
export type RoundJob = Schemas['RoundJob'];
export type InferJob = Schemas['InferJob'];
export type FeedbackJob = Schemas['FeedbackJob'];
export type OperationJob = Schemas['OperationJob'];
export type CommandAnswer = Schemas['CommandAnswer'];
export type Problem = Schemas['Problem'];
export type Event = Schemas['Event'];
export type OutsideAas = Schemas['OutsideAas'];
export type AasTarget = Schemas['AasTarget'];
export type AasLookup = Schemas['AasLookup'];
export type Proposal = Schemas['Proposal'];
