import type { ManifestRow } from '../../connectors/recording/manifest.ts';
import { readSegments } from '../../connectors/recording/segments.ts';
import { featureExtractor } from '../../learning/features/index.ts';
import { featureStatistics, type Scaler, scalerOf } from '../../learning/statistics.ts';
import type { DataProfile } from '../../openapi/schemas.ts';
import type { ExampleSet } from './data-set/frozen-index.ts';

/** The windows of recordings as examples. */
export interface RecordingExamples {
  readonly featureCount: number;
  readonly set: ExampleSet;
  /** Fitted on the windows outside of the test lots, or on all where those are all. */
  readonly ownScaler: Scaler;
  readonly unknownClassWindows: number;
}

/** Cuts recordings into a profile's windows, from the first sample of each on, and computes their features. */
export async function recordingExamples(
  rows: readonly ManifestRow[],
  profile: DataProfile,
): Promise<RecordingExamples> {
  const { window, classes, testLots } = profile;
  const extractor = featureExtractor(profile.features, window.length);
  const features: Float32Array[] = [];
  const labels: number[] = [];
  const isTest: boolean[] = [];
  let unknownClassWindows = 0;
  for await (const { samples, label, lot } of readSegments(rows)) {
    const target = classes.indexOf(label);
    for (let begin = 0; begin + window.length <= samples.length; begin += window.hop) {
      if (target === -1) {
        unknownClassWindows += 1;
        continue;
      }
      const row = new Float32Array(extractor.size);
      extractor.extract(samples.subarray(begin, begin + window.length), row);
      features.push(row);
      labels.push(target);
      isTest.push(testLots.includes(lot));
    }
  }
  const train = features.filter((_, index) => !isTest[index]);
  return {
    featureCount: extractor.size,
    set: { count: labels.length, features: joined(features), labels: Float32Array.from(labels) },
    ownScaler: scalerOfRows(train.length > 0 ? train : features, extractor.size),
    unknownClassWindows,
  };
}

function scalerOfRows(rows: readonly Float32Array[], size: number): Scaler {
  if (rows.length > 0) return scalerOf(featureStatistics(joined(rows), size));
  // Without a window there is nothing to standardise.
  return { mean: new Array<number>(size).fill(0), standardDeviation: new Array<number>(size).fill(1) };
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const length = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * length);
  for (const [index, row] of rows.entries()) all.set(row, index * length);
  return all;
}
