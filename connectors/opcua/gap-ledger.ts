import type { Gap, GapCause, ResumePoint, Sample } from '../connector.ts';
import { accountValue } from './account-value.ts';
import { ageValue } from './age-value.ts';
import { ClockDoubt } from './clock-doubt.ts';
import { type ClosedGap, GapRows } from './gap-rows.ts';
import { pushSample } from './push-sample.ts';
import { isNewestAgain, isSameArrival } from './same-value.ts';
import { SourceClock } from './source-clock.ts';
import { stepEpoch } from './step-epoch.ts';
import { type Arrival, Track, type TrackPlan } from './track.ts';

/** What became of a value. */
export type Verdict = 'deliver' | 'duplicate' | 'hold';

interface LedgerOptions {
  readonly signals: readonly TrackPlan[];
  /** Publishing interval of each group in milliseconds: what of one signal is known at a time may lag by as much. */
  readonly publishingIntervalsMs: ReadonlyMap<string, number>;
  /** What an earlier life delivered. */
  readonly resume?: ReadonlyMap<string, ResumePoint>;
}

/**
 * Knows for each signal where values are missing or may be, in source time. One ledger serves one machine for the whole
 * life of its connector, whatever becomes of connections.
 */
export class GapLedger {
  readonly #tracks: ReadonlyMap<string, Track>;
  readonly #lags: ReadonlyMap<string, number>;
  /** Until when all signals of a group are known. */
  readonly #known = new Map<string, { epoch: number; atMs: number }>();
  readonly clock: SourceClock;
  /** The server's clock was set while we could not look: an older value may be the newest. */
  serverStepped = false;
  readonly #rows = new GapRows();
  readonly #doubt: ClockDoubt;

  constructor({ signals, publishingIntervalsMs, resume = new Map() }: LedgerOptions) {
    this.#tracks = new Map(signals.map((plan) => [plan.signal, new Track(plan)]));
    this.#lags = publishingIntervalsMs;
    this.clock = new SourceClock(Math.max(0, ...[...resume.values()].map(({ epoch }) => epoch)));
    this.#doubt = new ClockDoubt({
      clock: this.clock,
      lagsMs: publishingIntervalsMs,
      accept: (track, arrival, arrivedAtMs, into) => {
        accountValue(this.#rows, track, arrival, arrivedAtMs);
        pushSample(track, arrival, into);
      },
      step: (track, epoch, atMs, arrivedAtMs) =>
        stepEpoch(this.#rows, this.clock, track, epoch, atMs, arrivedAtMs),
    });
    for (const [signal, { epoch, sourceTimestampMs }] of resume) {
      const track = this.#tracks.get(signal);
      if (track === undefined) continue;
      track.epoch = epoch;
      track.newestMs = sourceTimestampMs;
      track.newestGoodMs = sourceTimestampMs;
      track.previousMs = sourceTimestampMs;
      this.known(track.plan.group, sourceTimestampMs, epoch);
    }
    this.interrupted('client-down');
  }

  /** The server's clock less ours; undefined until measured. */
  get serverOffsetMs(): number | undefined {
    return this.clock.serverOffsetMs;
  }

  set serverOffsetMs(offsetMs: number) {
    this.clock.serverOffsetMs = offsetMs;
  }

  /** @throws RangeError for a signal that was not planned. */
  track(signal: string): Track {
    const track = this.#tracks.get(signal);
    if (track === undefined) throw new RangeError(`no signal ${signal}`);
    return track;
  }

  get tracks(): Iterable<Track> {
    return this.#tracks.values();
  }

  /** Notes that whatever the signals of a group had up to this time has arrived. */
  known(group: string, atMs: number, epoch = this.clock.epoch): void {
    const known = this.#known.get(group);
    if (known === undefined || epoch > known.epoch || (epoch === known.epoch && atMs > known.atMs)) {
      this.#known.set(group, { epoch, atMs });
    }
  }

  /**
   * Notes that the signals of a group, or all, may have lost values since, and get a new subscription.
   * @param atMs when, by a clock of ours that nobody sets.
   */
  interrupted(cause: GapCause, group?: string, atMs = Number.NaN): void {
    for (const track of this.#tracks.values()) {
      if (group !== undefined && track.group !== group) continue;
      track.isInitial = true;
      track.subscribedAtMs = atMs;
      // What was held is in the interval that opens, unless the new subscription shows it again.
      track.held = undefined;
      this.#doubt.holds(track);
      this.#open(track, cause);
    }
  }

  /** Notes that notifications of a group are missing, while its subscription goes on. */
  lost(cause: GapCause, group: string): void {
    for (const track of this.#tracks.values()) {
      if (track.group === group) this.#open(track, cause);
    }
  }

  /** Notes that values of one signal are missing from its newest one on. */
  lostOf(track: Track, cause: GapCause): void {
    if (!Number.isNaN(track.newestGoodMs)) {
      track.open ??= { cause, fromMs: track.newestGoodMs, lastMs: track.newestGoodMs };
    }
  }

  /** Notes that from a time on nothing of a signal is missing any more. */
  ended(track: Track, atMs: number): void {
    const { open } = track;
    if (open === undefined || open.cause === 'bad-quality') return;
    track.open = undefined;
    if (atMs > open.fromMs) this.#rows.close(track, open, atMs);
  }

  /** Notes that values of one signal between two times may be missing. */
  suspect(track: Track, cause: GapCause, fromMs: number, toMs: number): void {
    if (toMs > fromMs) this.#rows.close(track, { cause, fromMs, lastMs: fromMs }, toMs, fromMs);
  }

  /**
   * Takes the next value of a signal.
   * @param into gets what is to be delivered, values that were held back included.
   */
  next(track: Track, arrival: Arrival, arrivedAtMs: number, into: Sample[]): Verdict {
    const { sourceTimestampMs: atMs, quality, value } = arrival;
    if (atMs === track.newestMs && !arrival.overflowed && isNewestAgain(track, arrival)) {
      track.isInitial = false;
      track.arrivedAtMs = arrivedAtMs;
      // The very value that was known before an interruption is still the current one: nothing came in between.
      if (track.open !== undefined && track.open.id === undefined && quality === 'good')
        track.open = undefined;
      return 'duplicate';
    }
    let { epoch } = track;
    if (track.isInitial) {
      track.isInitial = false;
      if (this.clock.isLive(atMs, arrivedAtMs)) {
        if (!(atMs < track.newestMs)) {
          if (this.#doubt.first(track, arrival, arrivedAtMs, into)) return 'hold';
        } else if (this.serverStepped) epoch = this.clock.step(track, atMs, arrivedAtMs);
        else {
          track.held = arrival;
          return 'hold';
        }
      }
    } else if (Number.isNaN(track.subscribedAtMs)) epoch = this.clock.epochOf(track, atMs, arrivedAtMs);
    else epoch = this.#doubt.next(track, arrival, arrivedAtMs, into);
    if (track.held !== undefined) this.#takeHeld(track, { epoch, arrival }, arrivedAtMs, into);
    if (epoch !== track.epoch) stepEpoch(this.#rows, this.clock, track, epoch, atMs, arrivedAtMs);
    accountValue(this.#rows, track, arrival, arrivedAtMs);
    if (value !== undefined) pushSample(track, arrival, into);
    return 'deliver';
  }

  /** Takes the next event of a signal: none is a repetition of another, and none is the current one. */
  nextEvent(track: Track, arrival: Arrival, arrivedAtMs: number, into: Sample[]): void {
    const epoch = this.clock.epochOf(
      { epoch: track.epoch, newestMs: Number.NaN },
      arrival.sourceTimestampMs,
      arrivedAtMs,
    );
    track.isInitial = false;
    if (epoch !== track.epoch)
      stepEpoch(this.#rows, this.clock, track, epoch, arrival.sourceTimestampMs, arrivedAtMs);
    accountValue(this.#rows, track, arrival, arrivedAtMs);
    pushSample(track, arrival, into);
  }

  /**
   * Notes that good values have been valid for longer than they hold; to be called about every second.
   * @param into gets values that need be held back no longer.
   */
  age(arrivedAtMs: number, into: Sample[]): void {
    this.#doubt.age(arrivedAtMs, into);
    for (const track of this.#tracks.values()) {
      ageValue(this.#rows, track, this.clock.nowMs(track.epoch, arrivedAtMs));
    }
  }

  /** Rows that are new or have grown since the last call. */
  takeRows(): Gap[] {
    return this.#rows.takeRows();
  }

  /** Rows that have ended since the last call. */
  takeClosed(): ClosedGap[] {
    return this.#rows.takeClosed();
  }

  #open(track: Track, cause: GapCause): void {
    if (Number.isNaN(track.newestGoodMs)) return;
    const fromMs = this.#knownUntil(track);
    track.open ??= { cause, fromMs, lastMs: fromMs };
  }

  /** Decides on a value that was held, by the value after it. */
  #takeHeld(
    track: Track,
    next: { readonly epoch: number; readonly arrival: Arrival },
    arrivedAtMs: number,
    into: Sample[],
  ): void {
    const { held } = track;
    track.held = undefined;
    if (held === undefined) return;
    const isNew = this.#doubt.holds(track);
    const steps = next.epoch !== track.epoch;
    // An old value that was sent again has been delivered before; one that comes twice is delivered with the second.
    if ((!isNew && !steps) || isSameArrival(held, next.arrival)) return;
    // A value of the future of a clock that was set back is of the clock before.
    if (steps && !(isNew && held.sourceTimestampMs > next.arrival.sourceTimestampMs)) {
      stepEpoch(this.#rows, this.clock, track, next.epoch, held.sourceTimestampMs, arrivedAtMs);
    }
    accountValue(this.#rows, track, held, arrivedAtMs);
    pushSample(track, held, into);
  }

  #knownUntil({ plan, group, newestGoodMs, epoch, samplingMs }: Track): number {
    const known = this.#known.get(group);
    if (plan.periodMs !== undefined || known === undefined || known.epoch !== epoch) return newestGoodMs;
    const lagMs = samplingMs + (this.#lags.get(plan.group) ?? 0);
    return Math.max(newestGoodMs, known.atMs - lagMs);
  }
}
