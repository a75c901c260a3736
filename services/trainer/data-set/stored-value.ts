import type { NumberArray, Sample } from '../../../connectors/connector.ts';
import type { ContextValue } from './journal-tables.ts';

/** A value as the journal keeps it. */
export type StoredValue =
  | { readonly kind: 'block'; readonly samples: Float32Array; readonly good: boolean }
  | { readonly kind: 'context'; readonly value: ContextValue['value'] | null; readonly good: boolean };

/**
 * What becomes of a sample in the journal. Blocks of any numeric type become single precision, as features are computed
 * in it; a block with one sample that is no finite number is not good, since it would make a whole window's features none.
 */
export function storedValue({ value, quality }: Sample): StoredValue {
  const good = quality === 'good';
  if (typeof value === 'object') {
    const samples = singlePrecision(value);
    return { kind: 'block', samples, good: good && samples.every(Number.isFinite) };
  }
  if (typeof value === 'bigint') {
    // JSON has no integers beyond 2^53; as text they stay what they are.
    const isSafe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
    return { kind: 'context', value: isSafe ? Number(value) : String(value), good };
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    return { kind: 'context', value: null, good: false };
  return { kind: 'context', value, good };
}

function singlePrecision(value: NumberArray): Float32Array {
  if (value instanceof Float32Array) return value;
  if (value instanceof BigInt64Array || value instanceof BigUint64Array)
    return Float32Array.from(value, Number);
  return Float32Array.from(value);
}
