import type { CompressionSpec } from '../compression/codec.ts';
import type { GateSpec } from '../gates/gate.ts';
import type { TensorRole } from '../update-header.ts';

/** Roles of tensors that are sent. */
export type SentRole = Exclude<TensorRole, 'local'>;

/** What a participant does with its delta before it is sent, in order. */
export type ParticipantStage =
  /** Scales the delta down to an L2 norm. */
  | { readonly kind: 'clip'; readonly norm: number; readonly roles?: readonly TensorRole[] }
  | { readonly kind: 'compress'; readonly codec: CompressionSpec; readonly roles?: readonly TensorRole[] };

/** What the aggregator does with updates, in order. `clip` bounds the norm of decoded updates once more. */
export type AggregatorStage =
  | { readonly kind: 'verify' }
  | { readonly kind: 'decode' }
  | { readonly kind: 'clip'; readonly norm: number; readonly roles?: readonly TensorRole[] }
  | ({ readonly kind: 'gate' } & GateSpec)
  | { readonly kind: 'fold' }
  | { readonly kind: 'optimise'; readonly roles?: readonly TensorRole[] };

/** The way of an update through a federation. Stages that name no roles are for trainable tensors. */
export interface Pipeline {
  readonly participant: readonly ParticipantStage[];
  readonly aggregator: readonly AggregatorStage[];
}

/** Where a federation says nothing. */
export const DEFAULT_PIPELINE: Pipeline = {
  participant: [],
  aggregator: [
    { kind: 'verify' },
    { kind: 'decode' },
    { kind: 'gate' },
    { kind: 'fold' },
    { kind: 'optimise' },
  ],
};
