import { type BoundBlock, boundaryCause } from './bound-block.ts';
import type { ExclusionCause } from './exclusion-cause.ts';
import { type PlacedBlock, windowOf } from './window.ts';
import type { Cutter, WindowSink } from './window-sink.ts';
import type { WindowStarts } from './window-starts.ts';

interface TriggeredCutterOptions extends WindowSink {
  /** Samples of a window. */
  readonly length: number;
  /** Samples from which a window that a segment, a product, a label or a lot ends is one nevertheless. @defaultValue `length` */
  readonly minimum?: number;
  /** Where windows begin by a block and the one before it. */
  readonly starts: (block: BoundBlock, previous: BoundBlock | undefined) => WindowStarts;
  /** How many samples before a block its starts may lie, besides those of the block before. */
  readonly backSamples: number;
}

/** Boundaries that the machine means; a gap is none. */
const NATURAL: readonly (ExclusionCause | undefined)[] = [
  'short-segment',
  'label-change',
  'lot-change',
  'product-change',
];

/**
 * Cuts windows where a trigger says; none crosses a segment, a label, a lot, a product or a gap. What a trigger asked
 * for and there are no samples of is counted by the cause of the boundary.
 */
export class TriggeredCutter implements Cutter {
  readonly #options: TriggeredCutterOptions;
  /** Blocks without a boundary that a window may still need. */
  #stretch: PlacedBlock[] = [];
  #end = 0;
  /** Ascending. */
  #pending: number[] = [];
  #previous: BoundBlock | undefined;
  /** Why the stretch begins where it does; undefined for the first one. */
  #beginCause: ExclusionCause | undefined;
  #longestBlock = 0;

  constructor(options: TriggeredCutterOptions) {
    this.#options = options;
  }

  push(block: BoundBlock): void {
    const previous = this.#previous;
    const cause = previous === undefined ? undefined : causeBetween(previous, block);
    if (cause !== undefined) this.#endStretch(cause);
    this.#previous = block;
    const blockStart = this.#end;
    this.#stretch.push({ block, start: blockStart });
    this.#end += block.length;
    this.#longestBlock = Math.max(this.#longestBlock, block.length);
    const { starts, lost } = this.#options.starts(block, previous);
    this.#lose(lost);
    for (const start of starts) {
      const place = blockStart + start;
      if (place < (this.#stretch[0]?.start ?? 0)) this.#lose(1);
      else this.#pending.push(place);
    }
    this.#pending.sort((a, b) => a - b);
    this.#cut();
  }

  /** Of no use here: what a trigger did not ask for is no window. */
  readonly shortSegments = 0;

  finish(): void {
    this.#endStretch('short-segment');
  }

  #endStretch(cause: ExclusionCause): void {
    const { length, minimum = length, exclude } = this.#options;
    for (const start of this.#pending.splice(0)) {
      if (NATURAL.includes(cause) && this.#end - start >= minimum) this.#give(start);
      else exclude(this.#previous?.excluded ?? cause, 1);
    }
    this.#stretch = [];
    this.#end = 0;
    this.#beginCause = cause;
  }

  /** Before the first block there is nothing that one could have had. */
  #lose(count: number): void {
    if (count > 0 && this.#beginCause !== undefined) this.#options.exclude(this.#beginCause, count);
  }

  #cut(): void {
    const { length, backSamples } = this.#options;
    let next = this.#pending[0];
    while (next !== undefined && next + length <= this.#end) {
      this.#give(next);
      this.#pending.shift();
      next = this.#pending[0];
    }
    const needed = Math.min(next ?? this.#end, this.#end - backSamples - 2 * this.#longestBlock);
    const firstNeeded = this.#stretch.findIndex(({ block, start }) => start + block.length > needed);
    if (firstNeeded > 0) this.#stretch.splice(0, firstNeeded);
  }

  #give(start: number): void {
    const { length, emit, exclude } = this.#options;
    const leaveOut = this.#options.leaveOut ?? ((cause) => exclude(cause, 1));
    const end = Math.min(start + length, this.#end);
    const window = windowOf(this.#stretch, start, end);
    const excluded = this.#previous?.excluded;
    if (excluded === undefined) emit(window);
    else leaveOut(excluded, window);
  }
}

function causeBetween(previous: BoundBlock, block: BoundBlock): ExclusionCause | undefined {
  const cause = boundaryCause(previous, block);
  return cause ?? (previous.segment === block.segment ? undefined : 'short-segment');
}
