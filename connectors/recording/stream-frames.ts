import type { FileHandle } from 'node:fs/promises';
import { decodeFrames, type SampleFormat } from './sample-format.ts';

/** Samples that are read at once: what a recording of any length needs of memory. */
const FRAMES_AT_ONCE = 65_536;

interface FrameRange {
  /** A channel's number from 0, or the mean of all. */
  readonly channel: number | 'mean';
  /** First sample, from 0. */
  readonly first: number;
  /** Samples; they must be there. */
  readonly count: number;
}

/**
 * Reads a range of a recording piece by piece.
 * @throws RangeError for a sample that is not a finite number, or if the file is shorter than its header says.
 */
export async function* streamFrames(
  file: FileHandle,
  format: SampleFormat,
  { channel, first, count }: FrameRange,
): AsyncGenerator<Float32Array> {
  const { beginBytes, frameBytes, channelBytes, sampleBytes, channels } = format;
  const isInterleaved = channels === 1 || channelBytes < frameBytes;
  if (!isInterleaved && channel === 'mean') {
    throw new RangeError('an array that lies column by column has no mean here; name a channel');
  }
  // In an array that lies column by column, a frame is one sample of the channel.
  const origin = isInterleaved || channel === 'mean' ? beginBytes : beginBytes + channel * channelBytes;
  const within = isInterleaved ? channel : 0;
  const step = isInterleaved ? frameBytes : sampleBytes;
  for (let done = 0; done < count; done += FRAMES_AT_ONCE) {
    const frames = Math.min(FRAMES_AT_ONCE, count - done);
    const bytes = new Uint8Array(frames * step);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, origin + (first + done) * step);
    if (bytesRead < bytes.length) throw new RangeError('the file is shorter than its header says');
    yield decodeFrames(new DataView(bytes.buffer), format, within, first + done);
  }
}
