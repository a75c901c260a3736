/**
 * The port between machines and a local data set. A connector knows a protocol and nothing of learning; whoever
 * receives knows nothing of the protocol.
 */

/** Whether a value may become data: only `good` ever does. */
export type Quality = 'good' | 'uncertain' | 'bad';

/** An array of numbers in the type in which the machine has it. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** One value of one signal. */
export interface Sample {
  /** Name of the signal as the trainer file gives it. */
  readonly signal: string;
  /** A block of numbers, or the value of a context signal. */
  readonly value: NumberArray | number | bigint | string | boolean;
  /** When the machine says it was, in milliseconds since 1970. */
  readonly sourceTimestampMs: number;
  readonly quality: Quality;
  /** Grows by one whenever the machine's clock steps: equal timestamps of two epochs are two times. @defaultValue 0 */
  readonly epoch?: number;
}

/** Why an interval of a signal is missing. */
export type GapCause =
  /** The server's queue was full, by its overflow bit. */
  | 'queue-overflow'
  /** The server samples more slowly than the signal changes. */
  | 'sampling'
  /** The server made a new subscription: what the old one had queued is gone. */
  | 'subscription-recreated'
  /** The server started anew. */
  | 'server-restarted'
  /** Notifications never arrived. */
  | 'connection-lost'
  /** A periodic signal had no value for more than one and a half periods, with nothing else to blame. */
  | 'stale'
  | 'bad-quality'
  /** The machine's clock was set. */
  | 'clock-step'
  /** We were not running. */
  | 'client-down'
  /** Our disk or its limit was full. */
  | 'store-full';

/**
 * A row of the gap ledger: what was lost, or may have been, strictly between two sourceTimestamps. A row with the id of
 * an earlier one replaces it: an open interval grows, a backfilled one becomes `filled`.
 */
export interface Gap {
  readonly id: string;
  readonly signal: string;
  readonly fromMs: number;
  /** The latest known end; of an open interval so far. */
  readonly toMs: number;
  readonly cause: GapCause;
  /** Whether everything in it was recovered, so that it excludes nothing. */
  readonly filled: boolean;
  /** The epoch of both timestamps. @defaultValue 0 */
  readonly epoch?: number;
}

/** What a connector is at the moment, for people. */
export interface ConnectorState {
  readonly state: 'connecting' | 'connected' | 'degraded';
  /** Why it is not simply connected. */
  readonly reason?: string;
  /** What was measured and granted; which figures there are is the connector's affair, names end in their unit. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** The newest of a signal that the receiver holds. */
export interface ResumePoint {
  readonly sourceTimestampMs: number;
  readonly epoch: number;
}

/** What a connector delivers to. */
export interface Receiver {
  /**
   * Takes samples in the order of arrival. They must be safe from the death of this process when it returns: a
   * connector acknowledges a delivery to its machine only afterwards, and what is acknowledged comes never again.
   * That is why it is a synchronous call and not an async iterable.
   */
  receive(samples: readonly Sample[]): void;
  /**
   * Notes a gap, or what became of one. Rows that are noted in the same turn before samples are received are as safe
   * as those: a row that is filled is never there without the samples that fill it.
   */
  gap(gap: Gap): void;
  /** Notes a change of state. */
  state(state: ConnectorState): void;
  /** What an earlier life of the connector delivered, so that this one goes on from there and counts the time between. */
  resumePoints(): ReadonlyMap<string, ResumePoint>;
}

/** A source of samples. */
export interface Connector {
  /**
   * Begins to deliver the signals and keeps at it, through every outage that can end, until `close`.
   * @throws CodedError for what cannot come right by itself: a signal that does not exist, a refused certificate.
   */
  open(receiver: Receiver): Promise<void>;
  close(): Promise<void>;
}
