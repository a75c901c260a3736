/** A value from further ahead than this cannot have come by the clock that stamped the values before. */
const FORWARD_TOLERANCE_MS = 1_000;
/** By which a value may be stamped too early: a false alarm only begins an epoch where values are missing anyway. */
const BACKWARD_TOLERANCE_MS = 100;
/** Timestamps further from the server's clock than this are production time, such as of a recording that is played. */
const LIVE_WITHIN_MS = 86_400_000;
/** How much faster one honest clock runs than another at most. */
const LARGEST_DRIFT = 200e-6;
/** Until then what arrives may be a queue that is being emptied, and tells nothing of the least lateness yet. */
const SETTLING_MS = 10_000;
const RAISE_INTERVAL_MS = 60_000;

/** What the clock must know of a signal. */
export interface Clocked {
  readonly epoch: number;
  /** The newest sourceTimestamp in `epoch`; NaN before the first. */
  readonly newestMs: number;
}

interface Floor {
  latenessMs: number;
  notedAtMs: number;
  readonly bornAtMs: number;
}

/**
 * Notices that the clock which stamps the values was set. Time then runs twice, or jumps: each step begins a new epoch,
 * and timestamps compare within an epoch only. All signals of a machine share the numbers, so that what happened at the
 * same time has the same epoch, but each signal steps when its own values show it.
 */
export class SourceClock {
  /** Smallest lateness (arrival less sourceTimestamp) of each epoch. */
  readonly #floors: (Floor | undefined)[] = [];
  #current: number;
  #serverOffsetMs: number | undefined;

  /** @param epoch of the newest value of an earlier life. */
  constructor(epoch = 0) {
    this.#current = epoch;
  }

  /** The server's clock less ours. */
  set serverOffsetMs(offsetMs: number | undefined) {
    this.#serverOffsetMs = offsetMs;
  }

  get serverOffsetMs(): number | undefined {
    return this.#serverOffsetMs;
  }

  /** The newest epoch that any signal has reached. */
  get epoch(): number {
    return this.#current;
  }

  /**
   * The epoch of a value that is not one sent again, and not the first of a subscription, which may be of any age.
   * @param arrivalMs by a clock of ours that nobody sets.
   */
  epochOf(signal: Clocked, sourceTimestampMs: number, arrivalMs: number): number {
    if (!this.isLive(sourceTimestampMs, arrivalMs)) return signal.epoch;
    const latenessMs = arrivalMs - sourceTimestampMs;
    const own = this.#floors[signal.epoch];
    const steps = sourceTimestampMs < signal.newestMs || isTooEarly(latenessMs, own, arrivalMs);
    let { epoch } = signal;
    if (steps) epoch = this.step(signal, sourceTimestampMs, arrivalMs);
    else if (this.#current > epoch) {
      const current = this.#floors[this.#current];
      // The clock that another signal showed fits better, although this one's timestamps went on growing.
      const fits =
        own !== undefined &&
        current !== undefined &&
        Math.abs(latenessMs - current.latenessMs) < Math.abs(latenessMs - own.latenessMs);
      if (fits) epoch = this.#current;
    }
    this.#note(epoch, latenessMs, arrivalMs);
    return epoch;
  }

  /** The epoch of a value that shows a step of its signal's clock: another signal's if that shows the same clock. */
  step(signal: Clocked, sourceTimestampMs: number, arrivalMs: number): number {
    const current = this.#floors[this.#current];
    const latenessMs = arrivalMs - sourceTimestampMs;
    const joins =
      this.#current > signal.epoch &&
      (current === undefined || Math.abs(latenessMs - current.latenessMs) < FORWARD_TOLERANCE_MS);
    if (!joins) this.#current += 1;
    return this.#current;
  }

  /** Whether a sourceTimestamp is of the present, so that its distance to it says something about the clock. */
  isLive(sourceTimestampMs: number, arrivalMs: number): boolean {
    return Math.abs(arrivalMs + (this.#serverOffsetMs ?? 0) - sourceTimestampMs) < LIVE_WITHIN_MS;
  }

  /**
   * Whether a value of after a time of ours has a timestamp of before it: its clock was set back while we could not look.
   * @param slackMs by which the source stamps its values before they are there.
   */
  isSetBack(
    signal: Clocked,
    sourceTimestampMs: number,
    after: { readonly sinceMs: number; readonly slackMs: number },
  ): boolean {
    const thenMs = this.expectedMs(signal.epoch, after.sinceMs);
    return thenMs !== undefined && sourceTimestampMs < thenMs - after.slackMs - BACKWARD_TOLERANCE_MS;
  }

  /** What the source's clock should show: as values told or, in a new life, as the server's own does. */
  expectedMs(epoch: number, atMs: number): number | undefined {
    const known = this.nowMs(epoch, atMs);
    if (known !== undefined || this.#serverOffsetMs === undefined) return known;
    return atMs + this.#serverOffsetMs;
  }

  /** What the source's clock shows at a time of ours, as far as values told. */
  nowMs(epoch: number, arrivalMs: number): number | undefined {
    const floor = this.#floors[epoch];
    return floor === undefined ? undefined : arrivalMs - floor.latenessMs;
  }

  #note(epoch: number, latenessMs: number, atMs: number): void {
    const floor = this.#floors[epoch];
    if (floor === undefined) {
      this.#floors[epoch] = { latenessMs, notedAtMs: atMs, bornAtMs: atMs };
    } else if (latenessMs < floor.latenessMs) {
      floor.latenessMs = latenessMs;
      floor.notedAtMs = atMs;
    } else if (atMs - floor.notedAtMs > RAISE_INTERVAL_MS) {
      floor.latenessMs = Math.min(latenessMs, floor.latenessMs + (atMs - floor.notedAtMs) * LARGEST_DRIFT);
      floor.notedAtMs = atMs;
    }
  }
}

function isTooEarly(latenessMs: number, floor: Floor | undefined, nowMs: number): boolean {
  return (
    floor !== undefined &&
    nowMs - floor.bornAtMs > SETTLING_MS &&
    latenessMs < floor.latenessMs - FORWARD_TOLERANCE_MS
  );
}
