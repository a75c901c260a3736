import type { RobustRule } from './robust-rule.ts';

/**
 * What a strategy wants done with the tensors of the contributions, and what whoever holds the spool performs. `sum`:
 * each times a factor that one contribution determines, divided by the factors' sum; it folds at once and may be
 * subtracted again. `robust`: all rows together, at the round's close, each row alike.
 */
export type Reduction =
  | { readonly kind: 'sum' }
  | {
      readonly kind: 'robust';
      readonly rule: RobustRule;
      /** Rows averaged before the rule sees them; 1 is none. */
      readonly bucketSize: number;
    };

/** The averaged rows that a rule sees: indices of contributions, which stand in the order of participant ids. */
export type Buckets = readonly (readonly number[])[];

/**
 * Deals the contributions, in the order that a keyed random stream shuffled them to, into buckets of `size`; the last
 * may be smaller.
 */
export function bucketsOf(shuffled: readonly number[], size: number): Buckets {
  const buckets: number[][] = [];
  for (let start = 0; start < shuffled.length; start += size) {
    buckets.push(shuffled.slice(start, start + size).sort((one, other) => one - other));
  }
  return buckets;
}
