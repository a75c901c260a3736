import type { Sample } from '../connector.ts';
import type { Arrival, Track } from './track.ts';

/** Makes a sample of a value in the present epoch of its signal; a value that is none makes none. */
export function pushSample(
  { signal, epoch }: Track,
  { value, sourceTimestampMs, quality }: Arrival,
  into: Sample[],
): void {
  if (value === undefined) return;
  into.push(
    epoch === 0
      ? { signal, value, sourceTimestampMs, quality }
      : { signal, value, sourceTimestampMs, quality, epoch },
  );
}
