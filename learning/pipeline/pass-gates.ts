import { type GateRefusal, type GateSpec, refuseAlone, refuseInCohort } from '../gates/gate.ts';
import type { ContributionFacts } from '../strategies/strategy.ts';

/** What the gates make of a closed round. */
export interface GatedRound {
  /** Indices of the contributions that count, in their order. Below the quorum, the round is repeated. */
  readonly kept: readonly number[];
  readonly refused: readonly GateRefusal[];
}

/**
 * Lets a round's contributions through the gates: first each by itself, then those that are left against their cohort.
 * @param contributions with their norms where a gate asks for them.
 */
export function passGates(spec: GateSpec, contributions: readonly ContributionFacts[]): GatedRound {
  const alone = contributions.map((contribution) => refuseAlone(spec, contribution));
  const left = contributions.filter((_, index) => alone[index] === undefined);
  const refused = [...alone.filter((refusal) => refusal !== undefined), ...refuseInCohort(spec, left)];
  const out = new Set(refused.map(({ participant }) => participant));
  const indices = contributions.map((_, index) => index);
  return { kept: indices.filter((index) => !out.has(contributions[index]!.participant)), refused };
}
