import type { ConfusionMatrix } from './metrics.ts';
import type { RandomStream } from './random.ts';

/** Bounds that hold a figure with the stated probability. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;

/**
 * Confidence interval of the unweighted average recall by the percentile bootstrap (B. Efron, R. J. Tibshirani: An
 * introduction to the bootstrap, 1993): the examples of each class are drawn again with replacement, so that the number
 * of examples of a class stays.
 * @param confusion rows are true classes; one without examples does not count.
 * @param random gives the same interval for the same key.
 * @param probability of the interval, between 0 and 1. @defaultValue 0.95
 */
export function uarInterval(confusion: ConfusionMatrix, random: RandomStream, probability = 0.95): Interval {
  const classes = confusion
    .map((row, label) => ({ count: row.reduce((sum, count) => sum + count, 0), correct: row[label]! }))
    .filter(({ count }) => count > 0);
  if (classes.length === 0) return { low: 0, high: 0 };
  const uars = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    let recalls = 0;
    for (const { count, correct } of classes) {
      let drawnCorrect = 0;
      for (let example = 0; example < count; example += 1) {
        if (random.integer(count) < correct) drawnCorrect += 1;
      }
      recalls += drawnCorrect / count;
    }
    uars[resample] = recalls / classes.length;
  }
  uars.sort();
  const outside = (1 - probability) / 2;
  const at = (quantile: number) => uars[Math.min(RESAMPLES - 1, Math.floor(quantile * RESAMPLES))]!;
  return { low: at(outside), high: at(1 - outside) };
}
