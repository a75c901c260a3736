import type { Tensor } from '../../learning/weights/tensor.ts';
import type { ScalerMetadata } from '../../learning/weights/version-metadata.ts';
import type { Federation } from '../../openapi/schemas.ts';
import type { TaskPerformer } from '../trainer/training/training-slots.ts';
import type { RoundRecord } from './round-record.ts';
import type { Shelf } from './shelf.ts';
import type { VirtualParticipant } from './virtual-participant.ts';

/** Where a simulation's work is done and where its files lie. */
export interface SimulationPorts {
  /** Where participants train and evaluate: a pool of processes. */
  readonly tasks: TaskPerformer;
  readonly shelf: Shelf;
  /** The compiled kernels of learning/aggregation. */
  readonly kernels: Uint8Array;
}

/** A decoded update, as those see it who simulate liars. */
export interface TamperedUpdate {
  readonly participant: string;
  readonly exampleCount: number;
  /** By part and the model's tensor, `delta/…`; its values may be changed. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Changes what some participants send; it sees all updates of the round, as attackers that know each other might. */
export type Tamper = (updates: readonly TamperedUpdate[], round: number) => void;

export interface SimulationOptions extends SimulationPorts {
  readonly federation: Federation;
  /** Of all random choices. @defaultValue the federation's */
  readonly seed?: number;
  /** Rounds in all, those before a resumption included. @defaultValue the federation's */
  readonly rounds?: number;
  readonly participants: readonly VirtualParticipant[];
  readonly scaler: ScalerMetadata;
  /** Frozen indices whose test examples judge versions in place of the participants'. */
  readonly judges?: readonly { readonly id: string; readonly frozenFile: string }[];
  /** Cohorts and contributors of a run that is done again, by round; others are chosen by the federation's rule. */
  readonly recorded?: ReadonlyMap<
    number,
    { readonly cohort: readonly string[]; readonly contributors: readonly string[] }
  >;
  /** What says that a simulation is the same one, beside its federation, seed and participants. */
  readonly fingerprint?: string;
  readonly tamper?: Tamper;
  readonly onRound?: (record: RoundRecord) => void;
  readonly signal?: AbortSignal;
}
