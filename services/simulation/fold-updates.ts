import { closeRound } from '../../learning/pipeline/close-round.ts';
import { randomStream } from '../../learning/random.ts';
import type {
  ModelTensor,
  RoundResult,
  Strategy,
  StrategyState,
} from '../../learning/strategies/strategy.ts';
import type { Federation } from '../../openapi/schemas.ts';
import type { CollectedUpdate } from './collected-update.ts';
import { memoryReducer } from './memory-reducer.ts';
import type { OpenVersion } from './simulated-model.ts';

interface Fold {
  readonly kernels: Uint8Array;
  readonly federation: Federation;
  readonly strategy: Strategy;
  readonly state: StrategyState;
  readonly model: readonly ModelTensor[];
  readonly bases: ReadonlyMap<string, OpenVersion>;
  readonly updates: readonly CollectedUpdate[];
  readonly seed: number;
  readonly round: number;
  readonly cohortSize: number;
  readonly participantCount: number;
}

/** Reduces a round's updates exactly as the aggregator does, in memory, to the groups' next versions. */
export function foldUpdates(fold: Fold): Promise<RoundResult> {
  const { strategy, state, model, updates, seed, round, participantCount } = fold;
  return closeRound({
    strategy,
    state,
    model,
    contributions: updates.map(({ facts }) => facts),
    random: randomStream({ seed, round, participant: 'main', purpose: 'buckets' }),
    reducer: memoryReducer(fold, updates),
    bases: new Map([...fold.bases].map(([group, { values }]) => [group, values])),
    participantCount,
  });
}
