import { gateRound } from '../../learning/pipeline/gate-round.ts';
import { DEFAULT_PIPELINE } from '../../learning/pipeline/pipeline.ts';
import type { TensorSpec } from '../../learning/weights/tensor.ts';
import { type CollectedUpdate, tensorsOf, withValues } from './collected-update.ts';
import { memoryReducer } from './memory-reducer.ts';
import { refuseValues } from './refuse-values.ts';
import type { Refusal } from './round-record.ts';
import { modelTensors } from './simulated-model.ts';
import type { SimulationContext } from './simulation.ts';
import type { Tamper } from './simulation-options.ts';

/** What counts of a round's updates, in the order of participant ids, and what was held back. */
export interface ReceivedUpdates {
  readonly updates: readonly CollectedUpdate[];
  readonly refused: readonly Refusal[];
}

/** Does with a round's decoded updates what the federation's pipeline says: verify, clip, then gate. */
export async function receiveUpdates(
  { options, strategy }: SimulationContext,
  sent: readonly CollectedUpdate[],
  { round, cohortSize, specs }: { round: number; cohortSize: number; specs: readonly TensorSpec[] },
): Promise<ReceivedUpdates> {
  const { federation, tamper } = options;
  const given = tamper === undefined ? sent : tampered(sent, round, tamper);
  const malformed = given.flatMap((update) => refuseValues(federation, update) ?? []);
  const out = new Set(malformed.map(({ participant }) => participant));
  const verified = given.filter(({ participant }) => !out.has(participant));
  if (verified.length === 0) return { updates: [], refused: malformed };
  const { kept, refused, scales } = await gateRound({
    strategy,
    stages: federation.pipeline?.aggregator ?? DEFAULT_PIPELINE.aggregator,
    model: modelTensors(specs, strategy, verified[0]!.header.roles),
    contributions: verified.map(({ facts }) => facts),
    reducer: memoryReducer({ ...options, cohortSize }, verified),
  });
  return {
    updates: kept.map((index) => ({ ...verified[index]!, scale: scales[index] })),
    refused: [...malformed, ...refused],
  };
}

function tampered(sent: readonly CollectedUpdate[], round: number, tamper: Tamper): CollectedUpdate[] {
  const opened = sent.map((update) => ({
    participant: update.participant,
    exampleCount: update.facts.exampleCount,
    tensors: tensorsOf(update),
  }));
  tamper(opened, round);
  return sent.map((update, index) => withValues(update, opened[index]!.tensors));
}
