import type { ExclusionCause } from './exclusion-cause.ts';
import type { BlockPlace } from './journal.ts';
import type { BlockRow } from './journal-tables.ts';
import type { SourceTime } from './source-time.ts';

/** A block, stored or computed. */
export interface SourceBlock extends BlockRow {
  /** The time until which the signals must be known before it can be bound. @defaultValue its sourceTimestamp */
  readonly until?: SourceTime;
  /** Whatever arrives until then may change the block. @defaultValue `until` */
  readonly dependsUntil?: SourceTime;
  /** Why its samples may not become data, besides their quality. */
  readonly excluded?: ExclusionCause;
}

/** Where the samples of windows come from. */
export interface WaveformSource {
  /** What label corrections of its windows are filed under. */
  readonly name: string;
  /** Names of the signals whose values make up its samples. */
  readonly signals: readonly string[];
  /** Whether its blocks are those that the machine sends, perhaps numbered; a grid has no blocks that can be lost. */
  readonly isAsArrived: boolean;
  /**
   * Blocks after a place, in their order, about `limit`; fewer only where there are no more.
   * @param isFinal whether nothing more will come, so that a block need not wait for the rest of it.
   */
  blocksAfter(place: BlockPlace, limit: number, isFinal: boolean): readonly SourceBlock[];
  /** The time of the sample at an offset, where it is known better than that of its block. */
  timeMsAt?(offset: number): number;
  /**
   * Reads samples from a byte offset on, as many of each channel as its array takes.
   * @param into one array a channel.
   */
  read(at: { readonly offset: number; readonly epoch: number }, into: readonly Float32Array[]): void;
}
