import type { Gap, GapCause, Quality } from '../connector.ts';

interface Track {
  /** The newest good value. */
  newestGoodMs: number | undefined;
  /** The value before, in the order of arrival. */
  previousMs: number | undefined;
  /** An interval that the next good value will end. */
  open: { readonly cause: GapCause; readonly fromMs: number; lastMs: number } | undefined;
}

/**
 * Knows for each signal where values are missing or may be, in source time. One ledger serves one machine, whose signals
 * come in one subscription: what arrived of one signal tells until when the others are known.
 */
export class GapLedger {
  readonly #tracks = new Map<string, Track>();

  constructor(signals: Iterable<string>) {
    for (const signal of signals) {
      this.#tracks.set(signal, { newestGoodMs: undefined, previousMs: undefined, open: undefined });
    }
  }

  /** Notes that every signal may have lost values after the newest one of all. */
  interrupted(cause: GapCause): void {
    const tracks = [...this.#tracks.values()];
    const fromMs = Math.max(...tracks.map(({ newestGoodMs }) => newestGoodMs ?? Number.NEGATIVE_INFINITY));
    for (const track of tracks) {
      if (track.newestGoodMs !== undefined) track.open ??= { cause, fromMs, lastMs: fromMs };
    }
  }

  /**
   * Takes the next value of a signal.
   * @param overflowed the server dropped values between the one before and this one.
   * @returns the gap that this value ends.
   */
  next(
    signal: string,
    value: { sourceTimestampMs: number; quality: Quality; overflowed: boolean },
  ): Gap | undefined {
    const track = this.#tracks.get(signal);
    if (track === undefined) throw new RangeError(`no signal ${signal}`);
    const { sourceTimestampMs: atMs, quality, overflowed } = value;
    const beforeMs = Math.min(track.previousMs ?? atMs, atMs);
    track.previousMs = atMs;
    if (quality !== 'good') {
      // A signal that never had a value has none to miss.
      if (track.newestGoodMs === undefined && !overflowed) return undefined;
      track.open ??= {
        cause: overflowed ? 'queue-overflow' : 'bad-quality',
        fromMs: beforeMs,
        lastMs: atMs,
      };
      track.open.lastMs = Math.max(track.open.lastMs, atMs);
      return undefined;
    }
    const { open, newestGoodMs } = track;
    track.newestGoodMs = Math.max(newestGoodMs ?? atMs, atMs);
    const overflow: Gap | undefined = overflowed
      ? { signal, fromMs: beforeMs, toMs: atMs, cause: 'queue-overflow' }
      : undefined;
    // An older value is one sent again, or what a restarted server shows first: it ends nothing.
    if (open === undefined || (newestGoodMs !== undefined && atMs < newestGoodMs)) return overflow;
    track.open = undefined;
    // The very value that was known before the interruption is still the current one: nothing came in between.
    if (atMs === newestGoodMs) return overflow;
    const fromMs = open.fromMs < atMs ? open.fromMs : (newestGoodMs ?? atMs);
    return { signal, fromMs, toMs: atMs, cause: open.cause };
  }

  /** Rows of intervals of bad quality that no good value has ended yet, for the end of collection. */
  unfinished(): Gap[] {
    return [...this.#tracks].flatMap(([signal, { open }]) =>
      open === undefined || open.lastMs <= open.fromMs
        ? []
        : [{ signal, fromMs: open.fromMs, toMs: open.lastMs, cause: open.cause }],
    );
  }
}
