import type { DataProfile } from '../../../openapi/schemas.ts';
import { channelCount } from './profile-features.ts';
import type { WaveformSource } from './waveform-source.ts';
import type { Window } from './window.ts';

/** An array for the samples of one window of a profile, all channels. */
export function windowSamples(profile: DataProfile): Float32Array {
  return new Float32Array(profile.window.length * channelCount(profile));
}

/**
 * Reads a window's samples, one channel after the other.
 * @param into of `windowSamples`.
 * @returns the part of it that they fill: all of it, but for a short window.
 */
export function readWindow(
  source: WaveformSource,
  { pieces, epoch = 0 }: Window,
  into: Float32Array,
): Float32Array {
  const channels = source.signals.length;
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  let position = 0;
  for (const { offset, length } of pieces) {
    const targets = Array.from({ length: channels }, (_, channel) => {
      const begin = channel * total + position;
      return into.subarray(begin, begin + length);
    });
    source.read({ offset, epoch }, targets);
    position += length;
  }
  return into.subarray(0, channels * total);
}
