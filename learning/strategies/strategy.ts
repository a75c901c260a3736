import type { GramMatrix } from '../aggregation/gram-matrix.ts';
import type { Reduction } from '../aggregation/reduction.ts';
import type { RandomStream } from '../random.ts';
import type { TensorRole } from '../update-header.ts';
import type { TensorSpec } from '../weights/tensor.ts';
import type { ParticipantTask } from './participant-task.ts';

/** A strategy's key and the options of that key, as a federation writes them. */
export interface StrategySpec {
  readonly key: string;
  readonly [option: string]: unknown;
}

/** A tensor of the model and what it is to it. */
export interface ModelTensor extends TensorSpec {
  readonly role: TensorRole;
}

/** Values by the name of the model's tensor: whole tensors, or the same piece of each for all that belongs together. */
export type Values = ReadonlyMap<string, Float32Array | Float64Array>;

/**
 * A named half of an update: `delta` is trained minus base, `trained` the trained weights themselves, `control` the change
 * of the participant's control variate (of trainable tensors only).
 */
export type UpdatePart = 'delta' | 'trained' | 'control';

/** Numbers that an update carries beside `exampleCount` where a strategy declares them. */
export type UpdateScalar = 'localSteps' | 'baseLoss' | 'group';

/** The group of every strategy that keeps one model. */
export const MAIN_GROUP = 'main';

/** What a strategy keeps from round to round; serialisable, and stored with the version it belongs to. */
export interface StrategyState {
  /** Rounds finished. */
  readonly rounds: number;
  /** Participants' groups, where the strategy assigns them. */
  readonly groups: Readonly<Record<string, string>>;
  /** Values in the model's shapes by what they are, such as `momentum`; of 32 bits, so that a stored state is the state. */
  readonly slots: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>;
}

/** A participant of the round to come. */
export interface PlannedParticipant {
  readonly participant: string;
  /** What the trainer file says of it, such as its site. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Which models a participant downloads for a round: one, or all of which it picks one. */
export interface Assignment {
  readonly participant: string;
  readonly groups: readonly string[];
}

/** What is known of a verified update without its values. */
export interface ContributionFacts {
  readonly participant: string;
  /** From 1. */
  readonly exampleCount: number;
  /** The group whose version it trained from. */
  readonly group: string;
  /** Versions published since the one it trained from; 0 in a strategy of rounds. */
  readonly staleness: number;
  /** L2 norm of the decoded delta over trainable tensors; 0 where the strategy does not need it. */
  readonly norm: number;
  /** The declared ones, finite. */
  readonly scalars: Readonly<Partial<Record<UpdateScalar, number>>>;
}

/** A group's share of a closed round. */
export interface GroupRound {
  /** The current version of the group that the contributions trained from. */
  readonly base: Values;
  /** sum(factor · values) / sum(factor), or what the robust rule gave, by part. */
  readonly means: ReadonlyMap<UpdatePart, Values>;
  /** In the order of participant ids, at least one. */
  readonly contributions: readonly ContributionFacts[];
}

/** A closed round, reduced. */
export interface ReducedRound {
  readonly model: readonly ModelTensor[];
  /** Groups with contributions only. */
  readonly groups: ReadonlyMap<string, GroupRound>;
  /** Admitted participants, whether in the cohort or not. */
  readonly participantCount: number;
}

/** A group before round 1: its version 0 has the weights that all share, or weights drawn for it alone. */
export interface InitialGroup {
  readonly group: string;
  readonly weights: 'common' | 'own';
}

/** What a round makes: the groups' next versions (a group without one keeps its last), and the state belonging to them. */
export interface RoundResult {
  readonly versions: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>;
  readonly state: StrategyState;
}

/**
 * How a federation turns contributions into model versions. It only decides: whoever holds the files reduces them as
 * `reduction` says. It is pure, and every element of what `finish` makes depends on the same element of its input alone,
 * so that it may be called piece by piece.
 */
export interface Strategy {
  /** What a federation names it by. */
  readonly key: string;
  /** What an update holds; each part with the shared tensors it concerns. */
  readonly parts: readonly UpdatePart[];
  /** Numbers an update must carry. */
  readonly scalars: readonly UpdateScalar[];
  /** Robust rules apply to the delta. */
  readonly reduction: Reduction;
  /** What must be known of all deltas before they are reduced; each is a pass over the spool of its own. */
  readonly needs: readonly ('norms' | 'similarities')[];
  readonly downloads: {
    /** Models at once, from 1. */
    readonly models: number;
    /** State slots that go down with them. */
    readonly slots: readonly string[];
  };
  /** When versions are made: once the round closes, or whenever so many updates have come, whatever their base. */
  readonly trigger: { readonly kind: 'round' } | { readonly kind: 'buffer'; readonly of: number };
  /** What a participant does beside plain training. */
  readonly task: ParticipantTask;
  /** What becomes of a participant whose state was lost: its state starts anew, or it is left out of the run. */
  readonly lostState: 'reset' | 'exclude';
  /** Which tensors stay with each participant, beside those of role `local`; absent where none do. */
  isLocal?(tensor: ModelTensor, model: readonly ModelTensor[]): boolean;
  /** The state before round 1, and the groups whose version 0 is to be made. A group that appears later starts from `main`. */
  init(model: readonly ModelTensor[]): {
    readonly state: StrategyState;
    readonly groups: readonly InitialGroup[];
  };
  /** Who downloads what; `random` is keyed by the round. */
  plan(
    state: StrategyState,
    participants: readonly PlannedParticipant[],
    random: RandomStream,
  ): readonly Assignment[];
  /** The weight of one update in the sum: a positive number that this update alone determines. */
  factor(contribution: ContributionFacts): number;
  /**
   * The group that each contribution counts in, in their order; absent where there is one model. It sees no slots.
   * @param gram where it `needs` similarities: of the deltas, in their order.
   */
  groupsOf?(
    state: Omit<StrategyState, 'slots'>,
    contributions: readonly ContributionFacts[],
    gram: GramMatrix | undefined,
  ): readonly string[];
  finish(state: StrategyState, round: ReducedRound): RoundResult;
}
