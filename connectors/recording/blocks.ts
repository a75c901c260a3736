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

/** Cuts the samples of a segment into blocks as they come. */
export interface BlockCutter {
  /** @returns the blocks that are full by now. */
  push(samples: Float32Array): Block[];
  /** @returns the last block, if a part of one is left, and the position behind the segment. */
  finish(): { readonly blocks: Block[]; readonly next: PlayPosition };
}

/**
 * Numbers the blocks of a segment on the production clock, which advances by samples / sampling rate, in whole
 * milliseconds and by one at least.
 */
export function blockCutter(
  { sampleRateHz = NOMINAL_SAMPLE_RATE_HZ }: { readonly sampleRateHz?: number },
  position: PlayPosition,
): BlockCutter {
  let { block, timeMs } = position;
  let rest = new Float32Array(0);
  const next = (samples: Float32Array): Block => {
    const made = { block, timeMs, samples };
    block += 1;
    timeMs += Math.max(1, Math.round((samples.length / sampleRateHz) * 1000));
    return made;
  };
  return {
    push(samples) {
      const all = rest.length === 0 ? samples : joined(rest, samples);
      const whole = all.length - (all.length % BLOCK_SAMPLES);
      rest = all.slice(whole);
      const blocks: Block[] = [];
      for (let begin = 0; begin < whole; begin += BLOCK_SAMPLES) {
        blocks.push(next(all.slice(begin, begin + BLOCK_SAMPLES)));
      }
      return blocks;
    },
    finish() {
      const blocks = rest.length === 0 ? [] : [next(rest)];
      return { blocks, next: { segment: position.segment + 1, block, timeMs } };
    },
  };
}

/** All blocks of a segment that is in memory, and the position behind them. */
export function blocksOf(segment: Segment, position: PlayPosition): { blocks: Block[]; next: PlayPosition } {
  const cutter = blockCutter(segment, { ...position, segment: segment.segment });
  const full = cutter.push(segment.samples);
  const { blocks, next } = cutter.finish();
  return { blocks: [...full, ...blocks], next };
}

function joined(first: Float32Array, second: Float32Array): Float32Array<ArrayBuffer> {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
