import type { EvaluationSums } from '../../../learning/metrics.ts';
import type { Scaler } from '../../../learning/statistics.ts';
import type { ScalerMetadata } from '../../../learning/weights/version-metadata.ts';
import type { ModelSpec, TrainingSpec } from '../../../openapi/schemas.ts';
import type { CodedError, Fault } from '../../../runtime/errors.ts';

/** Trains on a frozen index and writes the update. */
export interface TrainTask {
  readonly kind: 'train';
  readonly run: string;
  readonly round: number;
  readonly roundAttempt: number;
  readonly participant: string;
  /** The base version's file and its sha256. */
  readonly baseFile: string;
  readonly baseSha256: string;
  readonly frozenFile: string;
  /** Where the update is to be written. */
  readonly updateFile: string;
  readonly model: ModelSpec;
  readonly training: TrainingSpec;
}

/** Scores a version on the test windows of frozen indices. */
export interface EvaluateTask {
  readonly kind: 'evaluate';
  readonly versionFile: string;
  readonly model: ModelSpec;
  readonly frozenFiles: readonly string[];
}

/** Draws the weights of version 0 and writes its file. */
export interface InitialiseTask {
  readonly kind: 'initialise';
  readonly model: ModelSpec;
  /** The federation's DataProfile. */
  readonly profile: { readonly classes: readonly string[]; readonly [option: string]: unknown };
  /** Of one example's features. */
  readonly featureShape: readonly number[];
  readonly seed: number;
  readonly scaler: ScalerMetadata;
  readonly versionFile: string;
}

/** Classifies one example by a version. */
export interface InferTask {
  readonly kind: 'infer';
  readonly versionFile: string;
  readonly model: ModelSpec;
  /** Not standardised. */
  readonly features: readonly number[];
  readonly featureShape: readonly number[];
  /** The site's own, where the version has none. */
  readonly scaler?: Scaler;
}

/** Says what the process computes with. */
export interface ProbeTask {
  readonly kind: 'probe';
}

export type TrainingTask = TrainTask | EvaluateTask | InitialiseTask | InferTask | ProbeTask;

/** What a task gives besides the file that it writes. */
export interface TrainingResults {
  readonly train: {
    readonly exampleCount: number;
    readonly trainedLoss: number;
    readonly trainedAccuracy: number;
  };
  /** One a frozen index, in their order. */
  readonly evaluate: readonly EvaluationSums[];
  readonly initialise: Record<string, never>;
  /** In the order of the profile's classes; they sum to 1. */
  readonly infer: { readonly probabilities: readonly number[] };
  readonly probe: { readonly backend: string; readonly library: string; readonly stepsPerSecond: number };
}

/** How far a train task is. */
export interface EpochProgress {
  /** Epochs done. */
  readonly epoch: number;
  readonly epochs: number;
  readonly trainedLoss: number;
}

/** What the service sends a training process over its channel; one task at a time. */
export type MessageToProcess =
  | { readonly kind: 'task'; readonly id: number; readonly task: TrainingTask }
  | { readonly kind: 'abort'; readonly id: number };

/** What a training process sends. It says something at least once a second while it works. */
export type MessageFromProcess =
  | { readonly kind: 'ready' }
  | { readonly kind: 'alive'; readonly id: number }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: EpochProgress }
  | { readonly kind: 'result'; readonly id: number; readonly result: TrainingResults[TrainingTask['kind']] }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: CodedError['code'];
      readonly message: string;
      readonly faults: readonly Fault[];
    };
