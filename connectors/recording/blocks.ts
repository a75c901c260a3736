import type { Segment } from './segments.ts';

/** Samples of a waveform block; only the last one of a segment may have fewer. */
export const BLOCK_SAMPLES = 1024;

/** When a played shift began, in milliseconds since 1970: one fixed instant, so that every play has the same times. */
export const SHIFT_START_MS = Date.UTC(2025, 0, 6, 6);

/** Assumed where a recording does not say its sampling rate; it only spaces the timestamps. */
const NOMINAL_SAMPLE_RATE_HZ = 10_000;

/** Where a play stands: at the beginning of a segment. */
export interface PlayPosition {
  /** Number of the segment, from 1. */
  readonly segment: number;
  /** Number of its first block, from 1 over the whole shift. */
  readonly block: number;
  /** Production time of its first block, in milliseconds since 1970. */
  readonly timeMs: number;
}

export const FIRST_POSITION: PlayPosition = { segment: 1, block: 1, timeMs: SHIFT_START_MS };

/** A waveform block with its number and its production time. */
export interface Block {
  readonly block: number;
  readonly timeMs: number;
  readonly samples: Float32Array;
}

/**
 * Cuts a segment into numbered blocks on the production clock, which advances by samples / sampling rate, in whole
 * milliseconds and by one at least.
 * @returns the blocks and the position behind them.
 */
export function blocksOf(segment: Segment, position: PlayPosition): { blocks: Block[]; next: PlayPosition } {
  const sampleRateHz = segment.sampleRateHz ?? NOMINAL_SAMPLE_RATE_HZ;
  const blocks: Block[] = [];
  let { block, timeMs } = position;
  for (let begin = 0; begin < segment.samples.length; begin += BLOCK_SAMPLES) {
    const samples = segment.samples.slice(begin, begin + BLOCK_SAMPLES);
    blocks.push({ block, timeMs, samples });
    block += 1;
    timeMs += Math.max(1, Math.round((samples.length / sampleRateHz) * 1000));
  }
  return { blocks, next: { segment: segment.segment + 1, block, timeMs } };
}
