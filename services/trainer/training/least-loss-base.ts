import type { EvaluationSums } from '../../../learning/metrics.ts';

/** A version out of those that came down. */
export interface PickedBase {
  /** Its place among them. */
  readonly index: number;
  readonly base: Float32Array;
  /** Mean over the train examples, where it was found. */
  readonly loss?: number;
}

/**
 * The version that fits a participant's train examples best, as IFCA (arXiv:2006.04088) picks its group; of equal ones the
 * first.
 * @param bases weights in the model's order, at least one.
 */
export async function leastLossBase(
  bases: readonly Float32Array[],
  scored: (weights: Float32Array) => Promise<EvaluationSums>,
): Promise<PickedBase> {
  const losses: number[] = [];
  for (const base of bases) {
    const { lossSum, exampleCount } = await scored(base);
    losses.push(lossSum / exampleCount);
  }
  const loss = Math.min(...losses);
  const index = losses.indexOf(loss);
  return { index, base: bases[index]!, loss };
}
