import type { RoundResult, StrategyState, Values } from '../strategies/strategy.ts';
import { elementCount } from '../weights/tensor.ts';
import { finishedPieces, outlineOf } from './finish-pieces.ts';
import { type CollectedRound, reduceRound } from './reduce-round.ts';
import { sourceOf } from './tensor-source.ts';

/** A round that takes no more updates, with all that it goes on from in memory. */
export interface ClosedRound extends CollectedRound {
  readonly state: StrategyState;
  /** The current version of every group. */
  readonly bases: ReadonlyMap<string, Values>;
  /** Admitted participants, whether in the cohort or not. */
  readonly participantCount: number;
}

/**
 * Turns a closed round into the groups' next versions, in memory.
 * @throws CodedError as `reduceRound` and `finishedPieces`.
 */
export async function closeRound(round: ClosedRound): Promise<RoundResult> {
  const { strategy, state, model, bases, participantCount } = round;
  const { slots, ...rest } = state;
  const close = {
    strategy,
    model,
    participantCount,
    groups: await reduceRound(round),
    bases: new Map([...bases].map(([group, values]) => [group, sourceOf(values)])),
    state: rest,
    slots: new Map(
      [...slots].map(([slot, values]) => [
        slot,
        { tensors: new Set(values.keys()), values: sourceOf(values) },
      ]),
    ),
  };
  const outline = outlineOf(close);
  const room = (tensors: readonly string[]) =>
    new Map(
      model
        .filter(({ name }) => tensors.includes(name))
        .map(({ name, shape }) => [name, new Float32Array(elementCount(shape)!)]),
    );
  const names = model.map(({ name }) => name);
  const versions = new Map(outline.groups.map((group) => [group, room(names)]));
  const nextSlots = new Map([...outline.slots].map(([slot, tensors]) => [slot, room(tensors)]));
  for (const piece of finishedPieces(close)) {
    for (const [group, values] of piece.versions)
      versions.get(group)!.get(piece.tensor)!.set(values, piece.begin);
    for (const [slot, values] of piece.slots)
      nextSlots.get(slot)!.get(piece.tensor)!.set(values, piece.begin);
  }
  return { versions, state: { ...outline.state, slots: nextSlots } };
}
