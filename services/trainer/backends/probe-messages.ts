import type { ModelSpec, Numerics } from '../../../openapi/schemas.ts';
import type { BackendPlan } from './backend-plan.ts';

/** A model with the shapes and the batch that it is trained with. */
export interface Workload {
  readonly model: ModelSpec;
  readonly featureShape: readonly number[];
  readonly classes: number;
  readonly batchSize: number;
}

/** What a probing process is asked: to load a backend, check it, and measure it with a workload if there is one. */
export interface ProbeRequest {
  readonly plan: BackendPlan;
  readonly workload?: Workload;
}

/** What a backend turned out to be and do. */
export interface ProbeResult {
  readonly numerics: Numerics;
  readonly deviceName?: string;
  /** Training steps a second of the workload, after warm ones. */
  readonly stepsPerSecond: number;
  /** Most memory that the process had, in bytes. */
  readonly peakBytes: number;
  /** From the process's start to its first finished step, in milliseconds. */
  readonly startMs: number;
}

/** Answer of a probing process. */
export type ProbeAnswer =
  | { readonly kind: 'result'; readonly result: ProbeResult }
  | { readonly kind: 'refused'; readonly message: string };

/** The small network that a backend is tried with where no model is known. */
export const SMALL_WORKLOAD: Workload = {
  model: { key: 'dense', hidden: [64, 32] },
  featureShape: [32],
  classes: 4,
  batchSize: 32,
};
