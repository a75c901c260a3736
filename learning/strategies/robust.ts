import { CodedError } from '../../runtime/errors.ts';
import { type RobustRule, refuseTooFewRows } from '../aggregation/robust-rule.ts';
import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/**
 * A strategy whose next version is the base plus what a robust rule makes of the deltas, each counting alike: an
 * exampleCount is what a liar says. `bucketSize` averages that many, drawn by lot, before the rule sees them.
 * @param options the rule's own options.
 */
export function robust(
  spec: StrategySpec,
  options: readonly string[],
  rule: (spec: StrategySpec) => RobustRule,
): Strategy {
  refuseUnknownOptions('strategy', spec, [...options, 'bucketSize']);
  const bucketSize = numberOption(spec, 'bucketSize', { fallback: 1, from: 1, to: 64, integer: true });
  return oneModel({
    key: spec.key,
    reduction: { kind: 'robust', rule: rule(spec), bucketSize },
    factor: () => 1,
  });
}

/** The number of participants that may send what they like, from 0. */
export function attackersOf(spec: StrategySpec): number {
  return numberOption(spec, 'f', { from: 0, to: 10_000, integer: true });
}

/**
 * Refuses a quorum below what the strategy's rule needs; a round below its quorum is repeated and never aggregated with a
 * smaller `f`.
 * @param quorum updates that every round has at least.
 * @throws CodedError `E_INVALID_INPUT`
 */
export function refuseQuorum(strategy: Strategy, quorum: number): void {
  const { reduction } = strategy;
  if (reduction.kind !== 'robust') return;
  try {
    refuseTooFewRows(reduction.rule, Math.ceil(quorum / reduction.bucketSize));
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw new CodedError(cause.code, cause.message, {
      cause,
      faults: [{ path: '/quorum', message: cause.message }],
    });
  }
}
