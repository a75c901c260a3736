import type { GapRows } from './gap-rows.ts';
import type { Track } from './track.ts';

/** Opens a row, or lets it grow, if the good value of a signal has been valid for longer than it holds. */
export function ageValue(rows: GapRows, track: Track, nowMs: number | undefined): void {
  const { maxAgeMs } = track.plan;
  if (maxAgeMs === undefined || nowMs === undefined || Number.isNaN(track.newestGoodMs)) return;
  const endMs = track.newestGoodMs + maxAgeMs;
  if (nowMs <= endMs) return;
  track.open ??= { cause: 'stale', fromMs: endMs, lastMs: endMs };
  if (track.open.cause !== 'stale') return;
  track.open.lastMs = Math.max(track.open.lastMs, nowMs);
  rows.grown(track);
}
