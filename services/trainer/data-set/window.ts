import type { BoundBlock } from './bound-block.ts';

/** A part of the samples. */
export interface Piece {
  /** Byte offset. */
  readonly offset: number;
  /** Samples. */
  readonly length: number;
}

/** A window of samples with its target; shorter than the others where it is a whole short segment. */
export interface Window {
  /** sourceTimestamp of the block that holds its first sample; on a grid of that sample. */
  readonly timestampMs: number;
  /** @defaultValue 0 */
  readonly epoch?: number;
  readonly label: string;
  readonly lot: string;
  /** Id of the product it is of. */
  readonly product?: string;
  readonly pieces: readonly Piece[];
}

/** A block with its place in a stretch. */
export interface PlacedBlock {
  readonly block: BoundBlock;
  /** Samples from the stretch's first sample to the block's. */
  readonly start: number;
}

const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;

/** The window of the samples from one place of a stretch to another. @throws RangeError if the stretch has none of them. */
export function windowOf(stretch: readonly PlacedBlock[], start: number, end: number): Window {
  const pieces: Piece[] = [];
  let first: BoundBlock | undefined;
  for (const { block, start: blockStart } of stretch) {
    const from = Math.max(start, blockStart);
    const to = Math.min(end, blockStart + block.length);
    if (from >= to) continue;
    first ??= block;
    append(pieces, { offset: block.offset + (from - blockStart) * BYTES_PER_SAMPLE, length: to - from });
  }
  if (first === undefined) throw new RangeError('a window is only cut once there are samples of it');
  const { timestampMs, epoch = 0, label, lot, product = '' } = first;
  return {
    timestampMs,
    ...(epoch > 0 && { epoch }),
    label,
    lot,
    ...(product !== '' && { product }),
    pieces,
  };
}

function append(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  if (last !== undefined && last.offset + last.length * BYTES_PER_SAMPLE === piece.offset) {
    pieces[pieces.length - 1] = { offset: last.offset, length: last.length + piece.length };
  } else pieces.push(piece);
}
