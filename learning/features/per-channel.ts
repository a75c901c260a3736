import type { FeatureExtractor } from './feature-extractor.ts';

/**
 * The same features of each channel of a window, one channel after the other, as a list: [channels * features].
 * @param channels from 2; the samples of a window are those of the first channel, then those of the second, and so on.
 */
export function perChannel(one: FeatureExtractor, channels: number): FeatureExtractor {
  const size = channels * one.size;
  return {
    size,
    shape: [size],
    minimumLength: channels * one.minimumLength,
    ...(one.speedSignal === undefined ? {} : { speedSignal: one.speedSignal }),
    extract(window, into, speeds) {
      if (into.length !== size) throw new RangeError(`a window has ${size} features`);
      if (window.length % channels !== 0)
        throw new RangeError(`a window has ${channels} channels of one length`);
      const length = window.length / channels;
      for (let channel = 0; channel < channels; channel += 1) {
        one.extract(
          window.subarray(channel * length, (channel + 1) * length),
          into.subarray(channel * one.size, (channel + 1) * one.size),
          speeds,
        );
      }
    },
  };
}
