import { type BoundBlock, boundaryCause } from './bound-block.ts';
import type { ExclusionCause } from './exclusion-cause.ts';
import { type PlacedBlock, windowOf } from './window.ts';
import type { Cutter, WindowSink } from './window-sink.ts';

interface WindowCutterOptions extends WindowSink {
  /** Samples of a window. */
  readonly length: number;
  /** Samples from one window's start to the next. */
  readonly hop: number;
  /** Samples from which a whole segment that is shorter than a window is one nevertheless. @defaultValue `length` */
  readonly minimum?: number;
}

/**
 * Cuts windows at multiples of the hop from the segment's first sample; none crosses a segment, a label, a lot, a
 * product or a gap (contracts, section 3). Blocks come in the order (sourceTimestamp, block); a missing block is taken
 * to be as long as the block before or after it.
 */
export class WindowCutter implements Cutter {
  readonly #options: WindowCutterOptions;
  /** The end of the stretch of blocks without a boundary: those that a later window may still need. */
  #stretch: PlacedBlock[] = [];
  #previous: BoundBlock | undefined;
  #end = 0;
  #nextStart = 0;
  #windowsOfSegment = 0;

  constructor(options: WindowCutterOptions) {
    this.#options = options;
  }

  push(block: BoundBlock): void {
    const previous = this.#previous;
    if (previous === undefined) this.#beginSegment(block);
    else if (previous.segment !== block.segment) {
      this.#endSegment(previous, block);
      this.#beginSegment(block);
    } else this.#beginStretchAtBoundary(previous, block);
    this.#previous = block;
    this.#stretch.push({ block, start: this.#end });
    this.#end += block.length;
    this.#cut();
  }

  get shortSegments(): number {
    return this.#previous !== undefined && this.#windowsOfSegment === 0 ? 1 : 0;
  }

  finish(): void {
    this.#cutShortSegment();
  }

  #endSegment(previous: BoundBlock, block: BoundBlock): void {
    const { missingBlocks, missingAtSegmentStart } = block;
    // Without numbers nobody knows where the missing blocks were: then they count as the ended segment's.
    const isWhole = missingBlocks !== 'unknown' && missingBlocks === missingAtSegmentStart;
    if (isWhole) this.#cutShortSegment();
    else this.#count(block.gapCause ?? 'gap', this.#windowsWithin(missingTail(previous, block)));
    this.#count('short-segment', this.shortSegments);
  }

  /** Windows that the ended segment would have had more with so many samples at its end. */
  #windowsWithin(missing: number): number {
    const { length, hop } = this.#options;
    const lastStart = this.#end + missing - length;
    return lastStart < this.#nextStart ? 0 : Math.floor((lastStart - this.#nextStart) / hop) + 1;
  }

  #beginSegment(block: BoundBlock): void {
    this.#windowsOfSegment = 0;
    this.#begin(block.missingAtSegmentStart * block.length);
    const { hop } = this.#options;
    if (this.#nextStart > 0) this.#count(block.gapCause ?? 'gap', this.#nextStart / hop);
  }

  #beginStretchAtBoundary(previous: BoundBlock, block: BoundBlock): void {
    const cause = boundaryCause(previous, block);
    if (cause === undefined) return;
    const { hop } = this.#options;
    const { missingBlocks, missingSamples = 0 } = block;
    const isUnknown = missingBlocks === 'unknown';
    const begin = this.#end + (isUnknown ? missingSamples : missingBlocks * previous.length);
    const lost = Math.max(0, Math.ceil((begin - this.#nextStart) / hop));
    this.#count(previous.excluded ?? block.excluded ?? cause, lost);
    // Where nobody knows how much is missing, the grid begins anew at the first sample after the gap.
    this.#begin(isUnknown ? 0 : begin);
  }

  #begin(position: number): void {
    const { hop } = this.#options;
    this.#stretch = [];
    this.#end = position;
    this.#nextStart = Math.ceil(position / hop) * hop;
  }

  #count(cause: ExclusionCause, count: number): void {
    if (count === 0) return;
    if (cause !== 'short-segment') this.#windowsOfSegment += count;
    this.#options.exclude(cause, count);
  }

  #cut(): void {
    const { length, hop } = this.#options;
    while (this.#nextStart + length <= this.#end) {
      this.#give(this.#nextStart);
      this.#nextStart += hop;
    }
    const firstNeeded = this.#stretch.findIndex(({ block, start }) => start + block.length > this.#nextStart);
    if (firstNeeded !== 0) {
      this.#stretch.splice(0, firstNeeded === -1 ? this.#stretch.length : firstNeeded);
    }
  }

  /** A segment shorter than a window, without a boundary from its first sample to its last. */
  #cutShortSegment(): void {
    const { length, minimum = length } = this.#options;
    const first = this.#stretch[0];
    if (this.shortSegments === 0 || this.#end < minimum || first === undefined || first.start > 0) return;
    this.#give(0);
  }

  #give(start: number): void {
    const { length, emit, exclude } = this.#options;
    const leaveOut = this.#options.leaveOut ?? ((cause) => exclude(cause, 1));
    const window = windowOf(this.#stretch, start, start + length);
    const excluded = this.#previous?.excluded;
    this.#windowsOfSegment += 1;
    if (excluded === undefined) emit(window);
    else leaveOut(excluded, window);
  }
}

/** Samples that are missing at the end of the segment before, about. */
function missingTail(previous: BoundBlock, block: BoundBlock): number {
  const { missingBlocks, missingSamples = 0, missingAtSegmentStart } = block;
  if (missingBlocks === 'unknown') return missingSamples;
  return Math.max(0, missingBlocks - missingAtSegmentStart) * previous.length;
}
