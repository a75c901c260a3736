import { naturalLogarithm } from './portable/natural-logarithm.ts';
import { randomStream } from './random.ts';

/** Who is asked: every ready participant, a number of them, or a fraction of all that are admitted. */
export type CohortSpec =
  | { readonly kind: 'all' }
  | ({ readonly kind: 'count'; readonly of: number } & CohortChoice)
  | ({ readonly kind: 'fraction'; readonly of: number } & CohortChoice);

interface CohortChoice {
  /** Further participants that are asked, as a fraction of the size, so that the round need not wait for the slowest. */
  readonly overSelection?: number;
}

/** Contributions a round needs: a number, or a fraction of the cohort's intended size. */
export type QuorumSpec =
  | { readonly kind: 'count'; readonly of: number }
  | { readonly kind: 'fraction'; readonly of: number };

interface CohortQuestion {
  readonly spec: CohortSpec;
  readonly quorum: QuorumSpec;
  /** Ids of all participants that may be asked, in any order, each once. */
  readonly admitted: readonly string[];
  readonly ready: ReadonlySet<string>;
  /** Those that were asked in an earlier attempt of this round and did not answer; they are asked last. */
  readonly missed?: ReadonlySet<string>;
  /** Positive weights, such as train examples or the share of jobs answered; who has more comes earlier more often. */
  readonly weights?: ReadonlyMap<string, number>;
  /** Value of the attribute by which the cohort is a picture of all admitted ones. */
  readonly strata?: ReadonlyMap<string, string>;
  readonly seed: number;
  /** From 1. */
  readonly round: number;
}

/** Who is asked in a round. */
export interface Cohort {
  /** Ids, sorted. */
  readonly cohort: readonly string[];
  /** Contributions the round needs, from 1. */
  readonly quorum: number;
  /** Whether the cohort can reach its quorum; if not, the round is not opened. */
  readonly enough: boolean;
  /** Why it is not enough, for a person. */
  readonly reason?: string;
}

/**
 * Chooses a round's cohort: the first ready ones of one keyed permutation of all admitted participants. The permutation
 * depends on seed and round only; who joins or leaves does not change the order of the others.
 */
export function chooseCohort(question: CohortQuestion): Cohort {
  const { spec, admitted, ready, missed = new Set() } = question;
  const intendedSize = intendedCohortSize(spec, admitted.length);
  const quorum = quorumOf(question.quorum, intendedSize);
  const order = permutation(question).filter((participant) => ready.has(participant));
  const inOrder = [
    ...order.filter((participant) => !missed.has(participant)),
    ...order.filter((participant) => missed.has(participant)),
  ];
  const cohort = inOrder.slice(0, askedSize(spec, intendedSize)).sort();
  if (cohort.length >= quorum) return { cohort, quorum, enough: true };
  const reason =
    quorum > intendedSize
      ? `the quorum of ${quorum} is larger than the cohort of ${intendedSize}`
      : `${order.length} of ${admitted.length} participants are ready, ${quorum} are needed`;
  return { cohort, quorum, enough: false, reason };
}

function intendedCohortSize(spec: CohortSpec, admitted: number): number {
  switch (spec.kind) {
    case 'all':
      return admitted;
    case 'count':
      return Math.min(spec.of, admitted);
    case 'fraction':
      return roundUp(spec.of * admitted);
    default:
      return spec satisfies never;
  }
}

function askedSize(spec: CohortSpec, intendedSize: number): number {
  return spec.kind === 'all' ? intendedSize : roundUp(intendedSize * (1 + (spec.overSelection ?? 0)));
}

/**
 * Contributions that every round of a federation has at least, however few participants are admitted: what a rule that
 * needs many must go by. A fraction assures no more than of the smallest cohort: of a count, that count.
 */
export function neededContributions(quorum: QuorumSpec, cohort: CohortSpec): number {
  if (quorum.kind === 'count') return quorum.of;
  return cohort.kind === 'count' ? quorumOf(quorum, cohort.of) : 1;
}

function quorumOf(spec: QuorumSpec, intendedSize: number): number {
  return Math.max(1, spec.kind === 'count' ? spec.of : roundUp(spec.of * intendedSize));
}

/** Upwards, but not for a rounding error: 0.07 * 100 is 7.000000000000001. */
function roundUp(count: number): number {
  return Math.ceil(count - 1e-9);
}

function permutation({ admitted, seed, round, weights, strata }: CohortQuestion): string[] {
  const draws = admitted.map((participant) => {
    const uniform = randomStream({ seed, round, participant, purpose: 'cohort' }).uniform();
    return {
      participant,
      draw: weights === undefined ? uniform : weighted(uniform, weights.get(participant)),
    };
  });
  draws.sort((one, other) => one.draw - other.draw || (one.participant < other.participant ? -1 : 1));
  const order = draws.map(({ participant }) => participant);
  return strata === undefined ? order : stratified(order, strata);
}

/** P. S. Efraimidis, P. G. Spirakis: Weighted random sampling with a reservoir, 2006; those without a weight come last. */
function weighted(uniform: number, weight = 0): number {
  return weight > 0 ? -naturalLogarithm(1 - uniform) / weight : Number.POSITIVE_INFINITY;
}

/** Deals the strata so that any first part of the order has of each what it has of all. */
function stratified(order: readonly string[], strata: ReadonlyMap<string, string>): string[] {
  const stratumOf = (participant: string) => strata.get(participant) ?? '';
  const sizes = new Map<string, number>();
  const ranked = order.map((participant, position) => {
    const rank = sizes.get(stratumOf(participant)) ?? 0;
    sizes.set(stratumOf(participant), rank + 1);
    return { participant, position, rank };
  });
  const share = ({ participant, rank }: (typeof ranked)[number]) =>
    (rank + 0.5) / sizes.get(stratumOf(participant))!;
  ranked.sort((one, other) => share(one) - share(other) || one.position - other.position);
  return ranked.map(({ participant }) => participant);
}
