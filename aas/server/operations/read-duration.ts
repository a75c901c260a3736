import { CodedError } from '../../../runtime/errors.ts';

const DURATION =
  /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/;
const DAY_MS = 24 * 3600 * 1000;
/** Milliseconds of each part; months and years are taken as 30 and 365 days. */
const PARTS_MS = [365 * DAY_MS, 30 * DAY_MS, 7 * DAY_MS, DAY_MS, 3_600_000, 60_000, 1000];

/**
 * Reads a positive duration of ISO 8601, such as `PT1M30S`.
 * @returns milliseconds, above 0
 * @throws CodedError `E_INVALID_INPUT`
 */
export function readDuration(text: unknown, what: string): number {
  const match = typeof text === 'string' && text.length <= 64 ? DURATION.exec(text) : null;
  const durationMs = PARTS_MS.reduce(
    (sum, partMs, index) => sum + Number((match?.[index + 1] ?? '0').replace(',', '.')) * partMs,
    0,
  );
  if (match === null || durationMs <= 0) {
    throw new CodedError('E_INVALID_INPUT', `${what} must be a positive duration of ISO 8601 such as PT60S`);
  }
  return durationMs;
}
