import type { GramMatrix } from '../aggregation/gram-matrix.ts';
import type { Buckets } from '../aggregation/reduction.ts';
import type { RobustRule } from '../aggregation/robust-rule.ts';
import type { ModelTensor, UpdatePart } from '../strategies/strategy.ts';
import type { TensorSource } from './tensor-source.ts';

/** One update in a sum. */
export interface WeightedMember {
  /** Of the round's contributions, in the order of participant ids. */
  readonly index: number;
  /** A positive multiple of 2^-20. */
  readonly factor: number;
}

/**
 * Whoever holds a round's updates and can read them again: files and worker threads at the aggregator, memory in a
 * simulation. Members are given in the order of participant ids.
 */
export interface Reducer {
  /** sum(factor · values) / sum(factor) of a part's tensors. */
  mean(
    part: UpdatePart,
    tensors: readonly ModelTensor[],
    members: readonly WeightedMember[],
  ): Promise<TensorSource>;
  /**
   * What the rule makes of the deltas. Distances are those of trainable tensors; statistic ones, which are not clipped,
   * get the plain mean under rules that clip.
   * @param rows contributions' indices; each row is the mean of its bucket.
   */
  robust(tensors: readonly ModelTensor[], rule: RobustRule, rows: Buckets): Promise<TensorSource>;
  /** L2 norms of the deltas over these tensors together. */
  norms(tensors: readonly ModelTensor[], members: readonly number[]): Promise<readonly number[]>;
  /** Inner products of the deltas over these tensors. */
  gram(tensors: readonly ModelTensor[], members: readonly number[]): Promise<GramMatrix>;
}
