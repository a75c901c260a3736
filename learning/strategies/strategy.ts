import type { Contribution } from '../aggregation/fold-contributions.ts';
import type { NamedTensor, Tensor } from '../weights/tensor.ts';

/** What a strategy gets when a round has closed. */
export interface StrategyInput {
  /** The version that every contribution began from. */
  readonly base: ReadonlyMap<string, Tensor>;
  /** At least one, in any order, at most one of a participant. */
  readonly contributions: readonly Contribution[];
}

/** The next version. */
export interface StrategyResult {
  /** In the order of the base version's tensors. */
  readonly tensors: readonly NamedTensor[];
  /** Train examples behind the version. */
  readonly exampleCount: number;
}

/**
 * The rule that turns a round's contributions into the next model version. It is pure: the same input gives the same
 * bits, in whatever order the contributions came.
 */
export interface Strategy {
  /** What a federation names it by. */
  readonly key: string;
  /** The parts an update must have, each with every tensor of the base version; `delta` is trained minus base. */
  readonly parts: readonly string[];
  /**
   * @throws CodedError `E_UPDATE_SHAPES` if a contribution does not fit the base, `E_UPDATE_NOT_FINITE` if the result
   * would not be finite.
   */
  aggregate(input: StrategyInput): Promise<StrategyResult>;
}

/** A strategy's key and the options of that key, as a federation writes them. */
export interface StrategySpec {
  readonly key: string;
  readonly [option: string]: unknown;
}
