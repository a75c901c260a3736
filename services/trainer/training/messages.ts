import type { EvaluationSums } from '../../../learning/metrics.ts';
import type { Scaler } from '../../../learning/statistics.ts';
import type { InitialGroup, StrategySpec } from '../../../learning/strategies/strategy.ts';
import type { ScalerMetadata } from '../../../learning/weights/version-metadata.ts';
import type { AttackSpec, ModelSpec, PipelineSpec, TrainingSpec } from '../../../openapi/schemas.ts';
import type { CodedError, Fault } from '../../../runtime/errors.ts';
import type { RandomisationSpec } from '../attacks/randomise.ts';
import type { BackendPlan } from '../backends/backend-plan.ts';

/** Trains on a frozen index and writes the update. */
export interface TrainTask {
  readonly kind: 'train';
  readonly run: string;
  readonly round: number;
  readonly roundAttempt: number;
  readonly participant: string;
  /** The versions to begin from, in the order of the assignment: one, or one a group, of which the participant picks. */
  readonly bases: readonly BaseVersion[];
  /** What the strategy sends down beside the versions (`learning/strategies/strategy-state.ts`); absent is zeros. */
  readonly strategyStateFile?: string;
  /** What this participant kept of its last update that counted; absent before the first, or where it was lost. */
  readonly stateFile?: string;
  /** Whether what it kept was lost, which the update then says. */
  readonly isStateLost?: boolean;
  /** Where what it keeps now is to be written; it counts once the update does. Needed where the strategy keeps any. */
  readonly nextStateFile?: string;
  readonly frozenFile: string;
  /** Where the update is to be written. */
  readonly updateFile: string;
  readonly model: ModelSpec;
  readonly training: TrainingSpec;
  /** The federation's; absent means fed-avg. */
  readonly strategy?: StrategySpec;
  /** The federation's; of it the participant's stages. */
  readonly pipeline?: PipelineSpec;
}

/** A version to begin from. */
export interface BaseVersion {
  readonly group: string;
  readonly file: string;
  readonly sha256: string;
}

/** How participants use a version by themselves: with what they keep, and after what they train for themselves. */
export interface OwnUse {
  readonly strategy: StrategySpec;
  /** For a strategy that trains more before the use. */
  readonly training: TrainingSpec;
  /** One a frozen index, in their order. */
  readonly participants: readonly {
    readonly participant: string;
    /** What it kept of its last update that counted, if any. */
    readonly stateFile?: string;
  }[];
}

/** Scores a version on the test windows of frozen indices. */
export interface EvaluateTask {
  readonly kind: 'evaluate';
  readonly versionFile: string;
  readonly model: ModelSpec;
  readonly frozenFiles: readonly string[];
  /** Scores the version as each participant uses it; absent scores the version alone. */
  readonly own?: OwnUse;
}

/** How inputs are randomised before the model sees them. */
export interface Randomisation extends RandomisationSpec {
  readonly seed: number;
  /** Drawn transformations that the attacker's gradient is the mean of; absent where it does not know of them. */
  readonly adaptiveDraws?: number;
}

/** Scores a version on the attacked test windows of frozen indices. */
export interface AttackTask {
  readonly kind: 'attack';
  readonly versionFile: string;
  readonly model: ModelSpec;
  readonly frozenFiles: readonly string[];
  /** Attacks the version as each participant uses it; absent attacks the version alone. */
  readonly own?: OwnUse;
  /** None scores the windows as they are. */
  readonly attack?: AttackSpec;
  readonly randomisation?: Randomisation;
}

/** Draws the weights of a group's version 0 and writes its file. */
export interface InitialiseTask {
  readonly kind: 'initialise';
  /** Whose weights are drawn, for all groups together or for this one alone. @defaultValue `main`, common */
  readonly group?: InitialGroup;
  readonly model: ModelSpec;
  /** The federation's DataProfile. */
  readonly profile: { readonly classes: readonly string[]; readonly [option: string]: unknown };
  /** Of one example's features. */
  readonly featureShape: readonly number[];
  readonly seed: number;
  readonly scaler: ScalerMetadata;
  /** Weights from elsewhere to take instead of drawn ones: safetensors, or the `model.json` of a tfjs model. */
  readonly weightsFile?: string;
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

export type TrainingTask = TrainTask | EvaluateTask | AttackTask | InitialiseTask | InferTask | ProbeTask;

/** What a task gives besides the file that it writes. */
export interface TrainingResults {
  readonly train: {
    readonly exampleCount: number;
    readonly trainedLoss: number;
    readonly trainedAccuracy: number;
  };
  /** One a frozen index, in their order. */
  readonly evaluate: readonly EvaluationSums[];
  readonly attack: readonly EvaluationSums[];
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
  /** Mean of the epoch's steps. */
  readonly stepMs: number;
}

/** What a training process measured of itself. */
export interface ProcessFigures {
  /** From its start until it could compute. */
  readonly startMs: number;
  /** The most resident memory so far. */
  readonly peakBytes: number;
  /** Resident memory after the task, its tensors given back, and before the first task on the same backend. */
  readonly kept?: { readonly residentBytes: number; readonly idleBytes: number };
}

/** What the service sends a training process over its channel; one task at a time. */
export type MessageToProcess =
  | {
      readonly kind: 'task';
      readonly id: number;
      readonly task: TrainingTask;
      /** What to compute with; by default what gives the same bits everywhere. */
      readonly backend?: BackendPlan;
      /** Resident memory beyond which the task fails; none by default. */
      readonly memoryLimitBytes?: number;
    }
  | { readonly kind: 'abort'; readonly id: number };

/** What a training process sends. It says something at least once a second while it works, or after each of its steps. */
export type MessageFromProcess =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'alive';
      readonly id: number;
      /** How long it may well be before it says something again, judged by what it has measured; absent where seconds at most. */
      readonly expectedSilenceMs?: number;
    }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: EpochProgress }
  | {
      readonly kind: 'result';
      readonly id: number;
      readonly result: TrainingResults[TrainingTask['kind']];
      readonly figures: ProcessFigures;
    }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: CodedError['code'];
      readonly message: string;
      readonly faults: readonly Fault[];
      readonly details?: CodedError['details'];
      /** Whether the process may be unable to compute from now on. @defaultValue out of memory */
      readonly isFatal?: boolean;
    };
