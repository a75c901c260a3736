import type { ManifestRow } from '../../connectors/recording/manifest.ts';
import { joinedChunks, streamSegments } from '../../connectors/recording/segments.ts';
import { scaledFeatures } from '../../learning/features/index.ts';
import { windowStarts } from '../../learning/features/window.ts';
import { featureStatistics, type Scaler, scalerOf } from '../../learning/statistics.ts';
import type { DataProfile } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { ExampleSet } from './data-set/frozen-index.ts';
import { channelCount, profileFeatures } from './data-set/profile-features.ts';

/** The windows of recordings as examples. */
export interface RecordingExamples {
  readonly featureShape: readonly number[];
  readonly set: ExampleSet;
  /** Those of `set` that are of no test lot. */
  readonly train: ExampleSet;
  /** Those of `set` that are of a test lot. */
  readonly heldOut: ExampleSet;
  /** Fitted on the windows outside of the test lots, or on all where those are all. */
  readonly ownScaler: Scaler;
  readonly unknownClassWindows: number;
}

/**
 * Cuts recordings into a profile's windows, from the first sample of each on, and computes their features. Recordings of
 * another sampling rate than the profile's are resampled to it.
 * @throws CodedError `E_INVALID_INPUT` for a profile with several channels.
 */
export async function recordingExamples(
  rows: readonly ManifestRow[],
  profile: DataProfile,
): Promise<RecordingExamples> {
  const { window, classes, testLots } = profile;
  if (channelCount(profile) > 1) {
    throw new CodedError('E_INVALID_INPUT', 'recordings have one channel, and the profile has several');
  }
  const extractor = profileFeatures(profile);
  const features: Float32Array[] = [];
  const labels: number[] = [];
  const isTest: boolean[] = [];
  let unknownClassWindows = 0;
  const rate = profile.sampleRateHz;
  const isWholeRate = rate !== undefined && Number.isInteger(rate);
  for await (const { chunks, label, lot, context } of streamSegments(
    rows,
    isWholeRate ? { sampleRateHz: rate } : {},
  )) {
    const samples = await joinedChunks(chunks);
    const speed = extractor.speedSignal === undefined ? 0 : Number(context.get(extractor.speedSignal) ?? 0);
    const target = classes.indexOf(label);
    for (const { begin, end } of windowsOf(samples.length, window)) {
      if (target === -1) {
        unknownClassWindows += 1;
        continue;
      }
      const row = new Float32Array(extractor.size);
      extractor.extract(samples.subarray(begin, end), row, [speed]);
      features.push(row);
      labels.push(target);
      isTest.push(testLots.includes(lot));
    }
  }
  const exampleSet = (isKept: (index: number) => boolean): ExampleSet => {
    const kept = labels.filter((_, index) => isKept(index));
    const rows = features.filter((_, index) => isKept(index));
    return { count: kept.length, features: joined(rows), labels: Float32Array.from(kept) };
  };
  const trainRows = features.filter((_, index) => !isTest[index]);
  return {
    featureShape: extractor.shape,
    set: exampleSet(() => true),
    train: exampleSet((index) => isTest[index] !== true),
    heldOut: exampleSet((index) => isTest[index] === true),
    ownScaler: scalerOfRows(trainRows.length > 0 ? trainRows : features, scaledFeatures(extractor)),
    unknownClassWindows,
  };
}

/** The windows of a recording: at multiples of the hop, or all of it where it is shorter and still long enough. */
function windowsOf(
  samples: number,
  { length, hop, minimum = length }: DataProfile['window'],
): { begin: number; end: number }[] {
  if (samples < length) return samples >= minimum ? [{ begin: 0, end: samples }] : [];
  return windowStarts(0, samples, { length, hop }).map((begin) => ({ begin, end: begin + length }));
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
