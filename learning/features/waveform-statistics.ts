import { refuseUnknownOptions } from '../options.ts';
import type { FeatureExtractor, FeatureInput, FeatureSpec } from './feature-extractor.ts';

const FEATURES = 3;

/**
 * Root mean square, crest factor and kurtosis of a window without its mean (R. B. Randall: Vibration-based Condition
 * Monitoring, 2011): how strong it is, how far its peak stands out, and how impulsive it is (3 for Gaussian noise). A
 * constant window has 0 for all three.
 */
export function waveformStatistics(spec: FeatureSpec, { windowLength }: FeatureInput): FeatureExtractor {
  refuseUnknownOptions('features', spec, []);
  return {
    size: FEATURES,
    shape: [FEATURES],
    minimumLength: windowLength,
    extract(window, into) {
      if (window.length !== windowLength) throw new RangeError(`a window has ${windowLength} samples`);
      if (into.length !== FEATURES) throw new RangeError(`a window has ${FEATURES} features`);
      let sum = 0;
      for (let index = 0; index < windowLength; index++) sum += window[index]!;
      const mean = sum / windowLength;
      let [second, fourth, peak] = [0, 0, 0];
      for (let index = 0; index < windowLength; index++) {
        const square = (window[index]! - mean) * (window[index]! - mean);
        second += square;
        fourth += square * square;
        if (square > peak) peak = square;
      }
      const power = second / windowLength;
      into[0] = Math.sqrt(power);
      into[1] = power === 0 ? 0 : Math.sqrt(peak / power);
      into[2] = power === 0 ? 0 : fourth / windowLength / (power * power);
    },
  };
}
