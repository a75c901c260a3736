import type { GapCause, Quality, Sample } from '../connector.ts';
import type { Clocked } from './source-clock.ts';

/** What the ledger must know of a signal beforehand. */
export interface TrackPlan {
  readonly signal: string;
  /** Name of its group; signals of one subscription tell of each other until when they are known. */
  readonly group: string;
  /** Expected time between values, where a longer one is evidence of loss. */
  readonly periodMs?: number;
  /** How long a good value holds. */
  readonly maxAgeMs?: number;
}

/** An interval that the next good value will end. */
export interface OpenGap {
  readonly cause: GapCause;
  readonly fromMs: number;
  /** The latest time that is known to be in it. */
  lastMs: number;
  /** Its row, once it has one. */
  id?: string;
}

/** A value that arrived, before it is known whether it is delivered. */
export interface Arrival {
  readonly value: Sample['value'] | undefined;
  readonly sourceTimestampMs: number;
  readonly quality: Quality;
  /** The server dropped values between the one before and this one. */
  readonly overflowed: boolean;
}

/** Where a signal stands. Times are sourceTimestamps of `epoch` in milliseconds, NaN where there is none. */
export class Track implements Clocked {
  readonly plan: TrackPlan;
  readonly signal: string;
  /** Name of its present subscription: that of its plan, or the one for the plan's large values. */
  group: string;
  epoch = 0;
  newestMs = Number.NaN;
  newestGoodMs = Number.NaN;
  newestValue: Sample['value'] | undefined;
  newestQuality: Quality | undefined;
  /** The value before, in the order of arrival. */
  previousMs = Number.NaN;
  arrivedAtMs = 0;
  open: OpenGap | undefined;
  /** The next value is the first of a subscription: the current one, of whatever age. */
  isInitial = true;
  /**
   * An initial value that waits for the next one. Older than the newest, it is one sent again, unless the clock was set
   * back; newer, it may be of a clock that was set back, and end an interval too early.
   */
  held: Arrival | undefined;
  /** When its present subscription began, by our clock; NaN once a value has come that is certainly of later. */
  subscribedAtMs = Number.NaN;
  /** What the server samples this at, in milliseconds; 0 for every change. */
  samplingMs = 0;
  /** Values that the queue on the server holds. */
  queueSize = 0;
  /** Values since the connector opened. */
  count = 0;

  constructor(plan: TrackPlan) {
    this.plan = plan;
    this.signal = plan.signal;
    this.group = plan.group;
  }
}
