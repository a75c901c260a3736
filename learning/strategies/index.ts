import { CodedError } from '../../runtime/errors.ts';
import { fedAvg } from './fed-avg.ts';
import type { Strategy, StrategySpec } from './strategy.ts';

/** One line a strategy: its key and how to make it from a federation's options. */
const STRATEGIES: ReadonlyMap<string, (spec: StrategySpec) => Strategy> = new Map([['fed-avg', fedAvg]]);

/** The keys that a federation may name. */
export const STRATEGY_KEYS: readonly string[] = [...STRATEGIES.keys()];

/**
 * The strategy that a federation names.
 * @throws CodedError `E_UNKNOWN_STRATEGY` naming the known ones, `E_INVALID_INPUT` for options it does not have.
 */
export function strategyOf(spec: StrategySpec): Strategy {
  const create = STRATEGIES.get(spec.key);
  if (create !== undefined) return create(spec);
  const message = `there is no strategy ${JSON.stringify(spec.key)}; known are ${STRATEGY_KEYS.join(', ')}`;
  throw new CodedError('E_UNKNOWN_STRATEGY', message, { details: { known: STRATEGY_KEYS } });
}
