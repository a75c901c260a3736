/** A sourceTimestamp within an epoch of the machine's clock: of two epochs the later is later, whatever the clock said. */
export interface SourceTime {
  readonly timestampMs: number;
  /** How often the clock had stepped. */
  readonly epoch: number;
}

/** Before everything that arrives. */
export const BEFORE_ALL: SourceTime = { timestampMs: Number.NEGATIVE_INFINITY, epoch: 0 };

/** Negative where `a` is earlier, 0 where both are the same time. */
export function compareTimes(a: SourceTime, b: SourceTime): number {
  return a.epoch - b.epoch || a.timestampMs - b.timestampMs || 0;
}

/** The later of two times. */
export function laterTime<Time extends SourceTime>(a: Time, b: Time): Time {
  return compareTimes(a, b) < 0 ? b : a;
}

/** Milliseconds from one time to a later one; undefined across a step of the clock, where nobody knows. */
export function elapsedMs(from: SourceTime, to: SourceTime): number | undefined {
  return from.epoch === to.epoch ? to.timestampMs - from.timestampMs : undefined;
}
