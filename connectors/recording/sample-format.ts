/** How the samples of a recording lie in its file. */
export interface SampleFormat {
  /** Where the first sample begins in the file. */
  readonly beginBytes: number;
  /** Samples of a channel. */
  readonly frames: number;
  readonly channels: number;
  /** From a sample of a channel to its next. */
  readonly frameBytes: number;
  /** From a sample of a channel to that of the next channel. */
  readonly channelBytes: number;
  readonly sampleBytes: number;
  readonly decode: SampleDecoder;
  readonly sampleRateHz?: number;
}

/** Reads one sample. */
export type SampleDecoder = (view: DataView, offset: number) => number;

/** Reads bytes of a file at once; fewer where the file ends. Meant for headers, which are short. */
export type ReadBytes = (position: number, length: number) => Uint8Array;

/**
 * Reads samples of one channel, or their mean over all channels.
 * @param view the bytes of whole frames.
 * @param firstFrame number of the first of them, for the message.
 * @throws RangeError that names the first sample that is not a finite number.
 */
export function decodeFrames(
  view: DataView,
  { channels, frameBytes, channelBytes, decode }: SampleFormat,
  channel: number | 'mean',
  firstFrame: number,
): Float32Array {
  const samples = new Float32Array(Math.floor(view.byteLength / frameBytes));
  const [from, count] = channel === 'mean' ? [0, channels] : [channel * channelBytes, 1];
  // Stays 0 as long as every sample is finite: cheaper than to ask for each.
  let unfit = 0;
  for (let frame = 0; frame < samples.length; frame++) {
    const offset = from + frame * frameBytes;
    let sum = 0;
    for (let index = 0; index < count; index++) sum += decode(view, offset + index * channelBytes);
    samples[frame] = count === 1 ? sum : sum / count;
    unfit += samples[frame]! - samples[frame]!;
  }
  if (unfit !== 0) {
    const frame = samples.findIndex((sample) => !Number.isFinite(sample));
    throw new RangeError(`sample ${firstFrame + frame} is not a finite number`);
  }
  return samples;
}
