import type { Sample } from '../connector.ts';
import type { SourceClock } from './source-clock.ts';
import type { Arrival, Track } from './track.ts';

/** Where nothing changes after a reconnect, what a value may be of stays open no longer. */
const LONGEST_DOUBT_MS = 5_000;
/** Longer than it takes a value to arrive while the connection is there. */
const LATE_MS = 3_000;

interface DoubtOptions {
  readonly clock: SourceClock;
  /** Publishing interval of each group in milliseconds. */
  readonly lagsMs: ReadonlyMap<string, number>;
  /** A value of a signal counts, in the signal's present epoch. */
  readonly accept: (track: Track, arrival: Arrival, arrivedAtMs: number, into: Sample[]) => void;
  /** A signal goes on in a later epoch. */
  readonly step: (track: Track, epoch: number, sourceTimestampMs: number, arrivedAtMs: number) => void;
}

/**
 * Finds out whether the source's clock was set back while nobody could look, before values are called newer than those
 * of before. The first value of a subscription is of any age and tells nothing; one that comes after it is of later than
 * the subscription, so a timestamp of before shows another clock. What came first is held until any signal has told.
 */
export class ClockDoubt {
  readonly #options: DoubtOptions;
  readonly #doubtful = new Set<Track>();
  /** When a value last showed that the clock goes on, by our clock. */
  #agreedAtMs = Number.NEGATIVE_INFINITY;
  #sinceMs = 0;

  constructor(options: DoubtOptions) {
    this.#options = options;
  }

  /**
   * Takes the first value of a subscription.
   * @returns whether it is held
   */
  first(track: Track, arrival: Arrival, arrivedAtMs: number, into: Sample[]): boolean {
    const { subscribedAtMs, newestMs } = track;
    if (Number.isNaN(newestMs) || this.#agreedAtMs > subscribedAtMs) return false;
    if (!this.#isSetBack(track, arrival.sourceTimestampMs)) {
      if (!Number.isNaN(subscribedAtMs)) this.#agreed(arrivedAtMs, into);
      return false;
    }
    if (this.#doubtful.size === 0) this.#sinceMs = arrivedAtMs;
    track.held = arrival;
    this.#doubtful.add(track);
    return true;
  }

  /**
   * Takes the first value that is certainly of after the beginning of a subscription.
   * @returns its epoch
   */
  next(track: Track, { sourceTimestampMs: atMs }: Arrival, arrivedAtMs: number, into: Sample[]): number {
    const { clock } = this.#options;
    const { epoch: before, subscribedAtMs, newestMs } = track;
    const isSetBack = this.#isSetBack(track, atMs) || this.#isLate(track, atMs, arrivedAtMs);
    if (!isSetBack) {
      const epoch = clock.epochOf(track, atMs, arrivedAtMs);
      if (epoch === before) this.#agreed(arrivedAtMs, into);
      track.subscribedAtMs = Number.NaN;
      return epoch;
    }
    track.subscribedAtMs = Number.NaN;
    const epoch = clock.step(track, atMs, arrivedAtMs);
    const untilMs = clock.expectedMs(before, arrivedAtMs) ?? newestMs;
    if (track.open !== undefined) track.open.lastMs = Math.max(track.open.lastMs, untilMs);
    else if (subscribedAtMs > 0 && !Number.isNaN(track.newestGoodMs)) {
      // The first value was taken for one of the old clock, which went on beyond it.
      track.open = { cause: 'clock-step', fromMs: newestMs, lastMs: untilMs };
    }
    this.#stepOthers(track, { epoch, nowMs: atMs }, arrivedAtMs, into);
    return epoch;
  }

  /** Lets go of what is held for too long; to be called about every second. */
  age(arrivedAtMs: number, into: Sample[]): void {
    if (this.#doubtful.size > 0 && arrivedAtMs - this.#sinceMs > LONGEST_DOUBT_MS) {
      this.#release(arrivedAtMs, into);
    }
  }

  /** Whether the held value of a signal is new. */
  holds(track: Track): boolean {
    return this.#doubtful.delete(track);
  }

  #isSetBack(track: Track, atMs: number, sinceMs = track.subscribedAtMs): boolean {
    return (
      this.#options.clock.isLive(atMs, sinceMs) &&
      this.#options.clock.isSetBack(track, atMs, { sinceMs, slackMs: slackOf(track) })
    );
  }

  /** Whether a value is so late, in a subscription that is there, that its clock is the likelier reason. */
  #isLate(track: Track, atMs: number, arrivedAtMs: number): boolean {
    if (this.#agreedAtMs > track.subscribedAtMs) return false;
    const lagMs = this.#options.lagsMs.get(track.plan.group) ?? 0;
    return this.#isSetBack(track, atMs, arrivedAtMs - LATE_MS - lagMs);
  }

  #agreed(arrivedAtMs: number, into: Sample[]): void {
    this.#agreedAtMs = arrivedAtMs;
    this.#release(arrivedAtMs, into);
  }

  #release(arrivedAtMs: number, into: Sample[]): void {
    for (const track of this.#doubtful) this.#accept(track, arrivedAtMs, into);
    this.#doubtful.clear();
  }

  /** A clock that was set was set for all signals: what they showed first is of the new one, unless of its future. */
  #stepOthers(
    shown: Track,
    { epoch, nowMs }: { readonly epoch: number; readonly nowMs: number },
    arrivedAtMs: number,
    into: Sample[],
  ): void {
    for (const track of this.#doubtful) {
      const { held } = track;
      if (track === shown || held === undefined) continue;
      if (held.sourceTimestampMs <= nowMs && track.epoch < epoch) {
        const untilMs = this.#options.clock.expectedMs(track.epoch, arrivedAtMs) ?? track.newestMs;
        if (track.open !== undefined) track.open.lastMs = Math.max(track.open.lastMs, untilMs);
        track.subscribedAtMs = Number.NaN;
        this.#options.step(track, epoch, held.sourceTimestampMs, arrivedAtMs);
      }
      this.#accept(track, arrivedAtMs, into);
      this.#doubtful.delete(track);
    }
  }

  #accept(track: Track, arrivedAtMs: number, into: Sample[]): void {
    const { held } = track;
    track.held = undefined;
    if (held !== undefined) this.#options.accept(track, held, arrivedAtMs, into);
  }
}

/** By which a source stamps its values before they are there. */
function slackOf({ plan, samplingMs }: Track): number {
  return (plan.periodMs ?? 0) + samplingMs;
}
