import type { Gap, Sample } from '../connector.ts';

/** A place in a store between two deliveries: everything before it is behind. */
export interface StorePosition {
  /** Number of the segment file, from 1. */
  readonly segment: number;
  /** Bytes from the begin of the segment file. */
  readonly offset: number;
}

/** What a store holds of one or several deliveries, in the order of arrival. */
export interface StoreBatch {
  readonly samples: readonly Sample[];
  /** Rows of the ledger as they were noted; one with the id of an earlier one replaces it. They precede the samples. */
  readonly gaps: readonly Gap[];
  /** When the (last) delivery was written to the segment file, in milliseconds since 1970 by the collector's clock. */
  readonly writtenMs: number;
  /** Where the batch ends: what `commit` takes. */
  readonly end: StorePosition;
}
