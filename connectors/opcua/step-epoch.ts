import type { GapRows } from './gap-rows.ts';
import type { SourceClock } from './source-clock.ts';
import type { Track } from './track.ts';

/**
 * Ends an epoch of a signal. What is open in it may have gone on until the clock was set.
 * @param atMs sourceTimestamp of the first value of the new epoch.
 */
export function stepEpoch(
  rows: GapRows,
  clock: SourceClock,
  track: Track,
  epoch: number,
  atMs: number,
  arrivedAtMs: number,
): void {
  const elapsedMs = sinceNewest(clock, track, arrivedAtMs);
  const hadValues = !Number.isNaN(track.newestMs);
  if (track.open !== undefined) {
    const { open } = track;
    track.open = undefined;
    rows.taken(track);
    rows.close(track, open, Math.max(open.lastMs, track.newestMs + elapsedMs));
  }
  track.epoch = epoch;
  track.newestMs = Number.NaN;
  track.newestGoodMs = Number.NaN;
  track.previousMs = Number.NaN;
  if (!hadValues) return;
  const fromMs = atMs - elapsedMs;
  rows.close(track, { cause: 'clock-step', fromMs, lastMs: fromMs }, atMs);
}

/** Time since the last value of a signal; of an earlier life's, as the clocks say. */
function sinceNewest(clock: SourceClock, { arrivedAtMs, epoch, newestMs }: Track, nowMs: number): number {
  if (arrivedAtMs > 0) return Math.max(0, nowMs - arrivedAtMs);
  const expectedMs = clock.expectedMs(epoch, nowMs);
  return expectedMs === undefined || Number.isNaN(newestMs) ? 0 : Math.max(0, expectedMs - newestMs);
}
