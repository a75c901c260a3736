import type { BoundBlock } from './bound-block.ts';
import type { ExclusionCause } from './exclusion-cause.ts';
import type { Window } from './window.ts';

/** What becomes of windows. */
export interface WindowSink {
  readonly emit: (window: Window) => void;
  readonly exclude: (cause: ExclusionCause, count: number) => void;
  /** A whole window whose samples may not become data. @defaultValue counted by `exclude` */
  readonly leaveOut?: (cause: ExclusionCause, window: Window) => void;
}

/** Cuts windows out of blocks that come in the order (sourceTimestamp, block). */
export interface Cutter {
  push(block: BoundBlock): void;
  /** Windows that end with the last block known: a segment that stays shorter than a window. */
  readonly shortSegments: number;
  /** Ends the segment of the last block: there is none after it. */
  finish(): void;
}
