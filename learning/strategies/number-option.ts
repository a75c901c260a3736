import { CodedError } from '../../runtime/errors.ts';
import type { StrategySpec } from './strategy.ts';

interface NumberRange {
  /** Taken where the federation says nothing; without it the option is required. */
  readonly fallback?: number;
  /** Least value, included. */
  readonly from: number;
  /** Largest value, included. */
  readonly to: number;
  readonly integer?: boolean;
}

/**
 * A number among a strategy's options.
 * @throws CodedError `E_INVALID_INPUT` with the option's place where it is missing, no number, or outside the range.
 */
export function numberOption(spec: StrategySpec, option: string, range: NumberRange): number {
  const value = spec[option] ?? range.fallback;
  const { from, to, integer = false } = range;
  if (typeof value === 'number' && value >= from && value <= to && (!integer || Number.isInteger(value))) {
    return value;
  }
  const message = `must be ${integer ? 'an integer' : 'a number'} from ${from} to ${to}`;
  throw new CodedError('E_INVALID_INPUT', `${spec.key}: ${option} ${message}`, {
    faults: [{ path: `/strategy/${option}`, message }],
  });
}
