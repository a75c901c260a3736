import { CodedError } from '../../runtime/errors.ts';
import type { CompressionSpec } from './codec.ts';

/**
 * A number among a codec's options; an integer unless the range says `isFraction`.
 * @throws CodedError `E_INVALID_INPUT` with the option's place.
 */
export function compressionOption(
  spec: CompressionSpec,
  option: string,
  range: {
    readonly fallback?: number;
    readonly from: number;
    readonly to: number;
    readonly isFraction?: boolean;
  },
): number {
  const value = spec[option] ?? range.fallback;
  const { from, to, isFraction = false } = range;
  if (typeof value === 'number' && value >= from && value <= to && (isFraction || Number.isInteger(value)))
    return value;
  const message = `must be ${isFraction ? 'a number' : 'an integer'} from ${from} to ${to}`;
  throw new CodedError('E_INVALID_INPUT', `${spec.key}: ${option} ${message}`, {
    faults: [{ path: `/compression/${option}`, message }],
  });
}
