import type { GapRows } from './gap-rows.ts';
import type { Arrival, Track } from './track.ts';

/** Periods without a value from which on a periodic signal lacks some. */
const STALE_PERIODS = 1.5;

/** Takes the next value of a signal on the account: what it ends, what it begins, and what is missing before it. */
export function accountValue(rows: GapRows, track: Track, arrival: Arrival, arrivedAtMs: number): void {
  const { sourceTimestampMs: atMs, quality, overflowed } = arrival;
  const beforeMs = track.previousMs < atMs ? track.previousMs : atMs;
  track.previousMs = atMs;
  track.arrivedAtMs = arrivedAtMs;
  track.count += 1;
  if (!(atMs < track.newestMs)) {
    track.newestMs = atMs;
    track.newestValue = arrival.value;
    track.newestQuality = quality;
  }
  if (quality !== 'good') accountBad(rows, track, atMs, beforeMs, overflowed);
  else accountGood(rows, track, atMs, beforeMs, overflowed);
}

function accountBad(rows: GapRows, track: Track, atMs: number, beforeMs: number, overflowed: boolean): void {
  // A signal that never had a value has none to miss.
  if (Number.isNaN(track.newestGoodMs) && !overflowed) return;
  track.open ??= {
    cause: overflowed ? 'queue-overflow' : 'bad-quality',
    fromMs: beforeMs,
    lastMs: atMs,
  };
  track.open.lastMs = Math.max(track.open.lastMs, atMs);
  rows.grown(track);
}

function accountGood(rows: GapRows, track: Track, atMs: number, beforeMs: number, overflowed: boolean): void {
  const { open, newestGoodMs } = track;
  const isOlder = atMs < newestGoodMs;
  if (!isOlder) track.newestGoodMs = atMs;
  // An older value is one sent again, or what a restarted server shows first: it ends nothing.
  if (open !== undefined && !isOlder) {
    track.open = undefined;
    rows.taken(track);
    if (overflowed && open.id === undefined) {
      const fromMs = Math.min(open.fromMs, beforeMs);
      rows.close(track, { cause: 'queue-overflow', fromMs, lastMs: fromMs }, atMs, newestGoodMs);
      return;
    }
    if (atMs === newestGoodMs && open.id === undefined) return;
    const fromMs = open.fromMs < atMs ? open.fromMs : newestGoodMs;
    if (atMs > fromMs) rows.close(track, { ...open, fromMs }, atMs, newestGoodMs);
    return;
  }
  if (overflowed) {
    if (atMs > beforeMs)
      rows.close(track, { cause: 'queue-overflow', fromMs: beforeMs, lastMs: beforeMs }, atMs, beforeMs);
    return;
  }
  const { periodMs } = track.plan;
  if (periodMs !== undefined && atMs - newestGoodMs > STALE_PERIODS * periodMs) {
    const cause = track.samplingMs > periodMs ? 'sampling' : 'stale';
    rows.close(track, { cause, fromMs: newestGoodMs, lastMs: newestGoodMs }, atMs, newestGoodMs);
  }
}
