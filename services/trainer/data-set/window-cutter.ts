/** Why windows were left out; the keys of `excludedWindows`. */
export type ExclusionCause =
  | 'short-segment'
  | 'gap'
  | 'label-change'
  | 'lot-change'
  | 'unlabelled'
  | 'unknown-class'
  | 'bad-quality'
  | 'beyond-maximum';

/** A block with the context that is valid at its sourceTimestamp. */
export interface BoundBlock {
  readonly timestampMs: number;
  /** Byte offset in the samples file. */
  readonly offset: number;
  /** Samples of the block. */
  readonly length: number;
  /** Value of the segment signal; equal for all blocks of a source without one. */
  readonly segment: string;
  /** Value of the label signal; empty where it has none. */
  readonly label: string;
  /** Value of the lot signal; empty where it has none. */
  readonly lot: string;
  /** Blocks missing between the previous block and this one; `unknown` where the source does not number them. */
  readonly missingBlocks: number | 'unknown';
  /** Blocks of this segment that are missing before this block, where the previous one is of another segment. */
  readonly missingAtSegmentStart: number;
  /** Why its samples may not become data. */
  readonly excluded?: ExclusionCause;
}

/** A part of the samples file. */
export interface Piece {
  /** Byte offset. */
  readonly offset: number;
  /** Samples. */
  readonly length: number;
}

/** A window of samples with its target; shorter than the others where it is a whole short segment. */
export interface Window {
  /** sourceTimestamp of the block that holds its first sample. */
  readonly timestampMs: number;
  readonly label: string;
  readonly lot: string;
  readonly pieces: readonly Piece[];
}

interface WindowCutterOptions {
  /** Samples of a window. */
  readonly length: number;
  /** Samples from one window's start to the next. */
  readonly hop: number;
  /** Samples from which a whole segment that is shorter than a window is one nevertheless. @defaultValue `length` */
  readonly minimum?: number;
  readonly emit: (window: Window) => void;
  readonly exclude: (cause: ExclusionCause, count: number) => void;
  /** A whole window whose samples may not become data. @defaultValue counted by `exclude` */
  readonly leaveOut?: (cause: ExclusionCause, window: Window) => void;
}

interface PlacedBlock {
  readonly block: BoundBlock;
  /** Samples from the segment's first sample to the block's. */
  readonly start: number;
}

const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;

/**
 * Cuts windows at multiples of the hop from the segment's first sample; none crosses a segment, a label, a lot or a gap
 * (contracts, section 3). Blocks come in the order (sourceTimestamp, block); a missing block is taken to be as long as
 * the block before or after it.
 */
export class WindowCutter {
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
    if (previous === undefined || previous.segment !== block.segment) this.#beginSegment(block);
    else this.#beginStretchAtBoundary(previous, block);
    this.#previous = block;
    this.#stretch.push({ block, start: this.#end });
    this.#end += block.length;
    this.#cut();
  }

  /** Windows that end with the last block known: a segment that stays shorter than a window. */
  get shortSegments(): number {
    return this.#previous !== undefined && this.#windowsOfSegment === 0 ? 1 : 0;
  }

  /** Ends the segment of the last block: there is none after it. */
  finish(): void {
    this.#cutShortSegment();
  }

  #beginSegment(block: BoundBlock): void {
    const { missingBlocks, missingAtSegmentStart } = block;
    // Without numbers nobody knows where the missing blocks were: then they count as the ended segment's.
    const isWhole = missingBlocks !== 'unknown' && missingBlocks === missingAtSegmentStart;
    if (isWhole) this.#cutShortSegment();
    this.#count('short-segment', this.shortSegments);
    this.#windowsOfSegment = 0;
    this.#begin(block.missingAtSegmentStart * block.length);
    const { hop } = this.#options;
    if (this.#nextStart > 0) this.#count('gap', this.#nextStart / hop);
  }

  #beginStretchAtBoundary(previous: BoundBlock, block: BoundBlock): void {
    const cause = boundaryCause(previous, block);
    if (cause === undefined) return;
    const { hop } = this.#options;
    // Without numbers nobody knows how much is missing: the grid begins anew at the first sample after the gap.
    const begin =
      block.missingBlocks === 'unknown' ? this.#end : this.#end + block.missingBlocks * previous.length;
    const unknown = block.missingBlocks === 'unknown';
    const lost = Math.max(0, Math.ceil((begin - this.#nextStart) / hop));
    this.#count(previous.excluded ?? block.excluded ?? cause, lost);
    this.#begin(unknown ? 0 : begin);
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
    const { length, hop, emit, exclude } = this.#options;
    const leaveOut = this.#options.leaveOut ?? ((cause) => exclude(cause, 1));
    const excluded = this.#previous?.excluded;
    while (this.#nextStart + length <= this.#end) {
      const window = this.#windowAt(this.#nextStart);
      this.#windowsOfSegment += 1;
      if (excluded === undefined) emit(window);
      else leaveOut(excluded, window);
      this.#nextStart += hop;
    }
    const firstNeeded = this.#stretch.findIndex(({ block, start }) => start + block.length > this.#nextStart);
    if (firstNeeded !== 0) {
      this.#stretch.splice(0, firstNeeded === -1 ? this.#stretch.length : firstNeeded);
    }
  }

  /** A segment shorter than a window, without a boundary from its first sample to its last. */
  #cutShortSegment(): void {
    const { length, minimum = length, emit, exclude } = this.#options;
    const leaveOut = this.#options.leaveOut ?? ((cause) => exclude(cause, 1));
    const first = this.#stretch[0];
    if (this.shortSegments === 0 || this.#end < minimum || first === undefined || first.start > 0) return;
    const window = this.#windowAt(0);
    const excluded = this.#previous?.excluded;
    this.#windowsOfSegment += 1;
    if (excluded === undefined) emit(window);
    else leaveOut(excluded, window);
  }

  #windowAt(start: number): Window {
    const end = start + this.#options.length;
    const pieces: Piece[] = [];
    let first: BoundBlock | undefined;
    for (const { block, start: blockStart } of this.#stretch) {
      const from = Math.max(start, blockStart);
      const to = Math.min(end, blockStart + block.length);
      if (from >= to) continue;
      first ??= block;
      append(pieces, {
        offset: block.offset + (from - blockStart) * BYTES_PER_SAMPLE,
        length: to - from,
      });
    }
    // A window is only cut once there are samples of it.
    const { timestampMs, label, lot } = first as BoundBlock;
    return { timestampMs, label, lot, pieces };
  }
}

/** Why no window may hold samples of both blocks of a segment; undefined if one may. */
function boundaryCause(previous: BoundBlock, block: BoundBlock): ExclusionCause | undefined {
  if (block.missingBlocks !== 0) return 'gap';
  if (previous.excluded !== block.excluded) return block.excluded ?? previous.excluded;
  if (previous.label !== block.label) return 'label-change';
  if (previous.lot !== block.lot) return 'lot-change';
  return undefined;
}

function append(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  if (last !== undefined && last.offset + last.length * BYTES_PER_SAMPLE === piece.offset) {
    pieces[pieces.length - 1] = { offset: last.offset, length: last.length + piece.length };
  } else pieces.push(piece);
}
