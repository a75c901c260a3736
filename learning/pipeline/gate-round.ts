import type { GateRefusal, GateSpec } from '../gates/gate.ts';
import type { ContributionFacts, ModelTensor, Strategy } from '../strategies/strategy.ts';
import { passGates } from './pass-gates.ts';
import type { AggregatorStage } from './pipeline.ts';
import type { Reducer } from './reducer.ts';
import { updateTensors } from './update-tensors.ts';

/** A closed round before its gates. */
export interface UngatedRound {
  readonly strategy: Strategy;
  readonly stages: readonly AggregatorStage[];
  readonly model: readonly ModelTensor[];
  /** In the order of participant ids. */
  readonly contributions: readonly ContributionFacts[];
  readonly reducer: Pick<Reducer, 'norms'>;
}

/** What counts of a closed round, and by how much it was clipped. */
export interface PassedRound {
  /** Indices of the contributions that count, in their order. Below the quorum, the round is repeated. */
  readonly kept: readonly number[];
  readonly refused: readonly GateRefusal[];
  /** By contribution, what its delta's trainable tensors are multiplied by; undefined leaves them as they are. */
  readonly scales: readonly (number | undefined)[];
}

/** Clips and gates a closed round's contributions, in this order: gates see the norms of clipped updates. */
export async function gateRound(round: UngatedRound): Promise<PassedRound> {
  const { strategy, stages, model, contributions, reducer } = round;
  const clip = stages.find((stage) => stage.kind === 'clip');
  const gate: GateSpec = stages.find((stage) => stage.kind === 'gate') ?? {};
  const needsNorms =
    clip !== undefined || gate.maximumNorm !== undefined || gate.maximumTimesMedianNorm !== undefined;
  const trainable = updateTensors(strategy, 'delta', model).filter(({ role }) => role === 'trainable');
  const norms = needsNorms
    ? await reducer.norms(
        trainable,
        contributions.map((_, index) => index),
      )
    : undefined;
  const scales = contributions.map((_, index) => {
    const norm = norms?.[index] ?? 0;
    return clip === undefined || norm <= clip.norm ? undefined : clip.norm / norm;
  });
  const facts = contributions.map((each, index) => ({
    ...each,
    norm: (norms?.[index] ?? 0) * (scales[index] ?? 1),
  }));
  return { ...passGates(gate, facts), scales };
}
