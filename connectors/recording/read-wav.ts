import { decodeFrames } from './sample-format.ts';
import { wavFormat } from './wav-format.ts';

/** The first channel of a WAV file. */
export interface WavContent {
  readonly sampleRateHz: number;
  /** Integer formats as fractions of full scale, [-1, 1); float formats as they are. */
  readonly samples: Float32Array;
}

/**
 * Reads a RIFF WAVE file that is in memory; of several channels the first.
 * @throws RangeError that says what is wrong with the bytes.
 */
export function readWav(bytes: Uint8Array): WavContent {
  const format = wavFormat((position, length) => bytes.subarray(position, position + length), bytes.length);
  const { beginBytes, frames, frameBytes, sampleRateHz = 0 } = format;
  const view = new DataView(bytes.buffer, bytes.byteOffset + beginBytes, frames * frameBytes);
  return { sampleRateHz, samples: decodeFrames(view, format, 0, 0) };
}
