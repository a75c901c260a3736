import type { Codec } from '../compression/codec.ts';
import type { Strategy } from '../strategies/strategy.ts';
import type { TensorRole } from '../update-header.ts';

/** A stage for tensors of one role under a strategy. */
export interface Combination {
  readonly strategy: Strategy;
  readonly stage: string;
  /** Where the stage compresses. */
  readonly codec: Codec | undefined;
  readonly role: TensorRole;
  /** Whether the aggregator clips decoded updates once more. */
  readonly reclips: boolean;
}

/** Rules that compare the values of one coordinate: each update must have one there. */
const COORDINATE_RULES: readonly string[] = ['median', 'trimmed-mean', 'bulyan'];

/** Why a stage does not go together with the strategy on tensors of that role; undefined where it does. */
export function combinationFault({ strategy, stage, codec, role, reclips }: Combination): string | undefined {
  if (role === 'local' && stage !== 'gate') return 'local tensors are never sent';
  if (role === 'statistic' && (stage === 'clip' || stage === 'optimise')) {
    return `${stage} on statistic tensors: they get the plain mean`;
  }
  if (stage === 'clip' && !strategy.parts.includes('delta')) {
    return `${strategy.key} sends trained weights, and clipping is for deltas`;
  }
  if (codec === undefined) return undefined;
  if (!strategy.parts.includes('delta'))
    return `${strategy.key} sends trained weights, and codecs are for deltas`;
  if (role === 'statistic' && !codec.isDense) return 'sparsifying statistic tensors: they get the plain mean';
  const { reduction } = strategy;
  if (reduction.kind !== 'robust') return undefined;
  if (COORDINATE_RULES.includes(reduction.rule.kind) && !codec.isDense && !codec.isShared) {
    return `${strategy.key} compares coordinates, and ${codec.spec.key} leaves out other ones at each participant`;
  }
  if (codec.spec['errorFeedback'] === true && !reclips) {
    return `error feedback under ${strategy.key}: what was held back comes at once, unless the aggregator clips`;
  }
  return undefined;
}
