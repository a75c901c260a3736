/**
 * The port between machines and a local data set. A connector knows a protocol and nothing of learning; whoever
 * receives knows nothing of the protocol.
 */

/** Whether a value may become data: only `good` ever does. */
export type Quality = 'good' | 'uncertain' | 'bad';

/** One value of one signal. */
export interface Sample {
  /** Name of the signal as the trainer file gives it. */
  readonly signal: string;
  /** A waveform block, or the value of a context signal. */
  readonly value: Float32Array | number | string | boolean;
  /** When the machine says it was, in milliseconds since 1970. */
  readonly sourceTimestampMs: number;
  readonly quality: Quality;
}

/** Why an interval of a signal is missing. */
export type GapCause =
  | 'queue-overflow'
  | 'subscription-recreated'
  | 'connection-lost'
  | 'client-down'
  | 'bad-quality';

/** A row of the gap ledger: what was lost, or may have been. */
export interface Gap {
  readonly signal: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly cause: GapCause;
}

/** What a connector is at the moment, for people. */
export interface ConnectorState {
  readonly state: 'connecting' | 'connected' | 'degraded';
  /** Why it is not simply connected. */
  readonly reason?: string;
}

/** What a connector delivers to. */
export interface Receiver {
  /**
   * Takes samples in the order of arrival. They must be safe from the death of this process when it returns: a
   * connector acknowledges a delivery to its machine only afterwards, and what is acknowledged comes never again.
   * That is why it is a synchronous call and not an async iterable.
   */
  receive(samples: readonly Sample[]): void;
  /** Notes a gap. */
  gap(gap: Gap): void;
  /** Notes a change of state. */
  state(state: ConnectorState): void;
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
