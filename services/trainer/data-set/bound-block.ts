import type { ExclusionCause } from './exclusion-cause.ts';

/** A block with the context that is valid at its sourceTimestamp. */
export interface BoundBlock {
  readonly timestampMs: number;
  /** @defaultValue 0 */
  readonly epoch?: number;
  /** Byte offset of its first sample. */
  readonly offset: number;
  /** Samples of the block. */
  readonly length: number;
  /** Its number, where the source numbers its blocks. */
  readonly number?: number;
  /** Value of the segment signal; equal for all blocks of a source without one. */
  readonly segment: string;
  /** Value of the label signal; empty where it has none. */
  readonly label: string;
  /** Value of the lot signal; empty where it has none. */
  readonly lot: string;
  /** Value of the product signal. @defaultValue empty */
  readonly product?: string;
  /** Blocks missing between the previous block and this one; `unknown` where the source does not number them. */
  readonly missingBlocks: number | 'unknown';
  /** About how many samples are missing where `missingBlocks` is unknown, by the clock. @defaultValue 0 */
  readonly missingSamples?: number;
  /** Why blocks are missing. @defaultValue `gap` */
  readonly gapCause?: ExclusionCause;
  /** Blocks of this segment that are missing before this block, where the previous one is of another segment. */
  readonly missingAtSegmentStart: number;
  /** Why its samples may not become data. */
  readonly excluded?: ExclusionCause;
}

/** Why no window may hold samples of both blocks of a segment; undefined if one may. */
export function boundaryCause(previous: BoundBlock, block: BoundBlock): ExclusionCause | undefined {
  if (block.missingBlocks !== 0) return block.gapCause ?? 'gap';
  if (previous.excluded !== block.excluded) return block.excluded ?? previous.excluded;
  if (previous.label !== block.label) return 'label-change';
  if (previous.lot !== block.lot) return 'lot-change';
  if ((previous.product ?? '') !== (block.product ?? '')) return 'product-change';
  return undefined;
}
