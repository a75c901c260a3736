import { scaledFeatures } from '../../../learning/features/index.ts';
import { featureStatistics, scalerOf } from '../../../learning/statistics.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import type { ExampleSet, FrozenIndex } from './frozen-index.ts';
import type { Journal } from './journal.ts';
import { profileFeatures } from './profile-features.ts';
import { readWindow, windowSamples } from './read-window.ts';
import type { WaveformSource } from './waveform-source.ts';
import type { Window } from './window.ts';
import { speedsOf } from './window-speeds.ts';

const WINDOWS_AT_ONCE = 64;

interface Part {
  readonly features: Float32Array;
  readonly labels: Float32Array;
  filled: number;
}

interface FreezeOptions {
  readonly journal: Journal;
  /** Where the windows' samples come from. */
  readonly source: WaveformSource;
  readonly profile: DataProfile;
  readonly windows: readonly Window[];
  /** Which windows are held out, from `splitWindows`. */
  readonly isTest: readonly boolean[];
}

/**
 * Computes the features of windows and fits the scaler on the train ones; gives way to other work in between.
 */
export async function freeze({
  journal,
  source,
  profile,
  windows,
  isTest,
}: FreezeOptions): Promise<FrozenIndex> {
  const extractor = profileFeatures(profile);
  const testCount = isTest.filter((held) => held).length;
  const train = emptyPart(windows.length - testCount, extractor.size);
  const test = emptyPart(testCount, extractor.size);
  const samples = windowSamples(profile);
  for (const [index, window] of windows.entries()) {
    if (index % WINDOWS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    const whole = readWindow(source, window, samples);
    const part = isTest[index] ? test : train;
    const row = part.features.subarray(part.filled * extractor.size, (part.filled + 1) * extractor.size);
    extractor.extract(whole, row, speedsOf(journal, profile, extractor, window));
    part.labels[part.filled] = profile.classes.indexOf(window.label);
    part.filled += 1;
  }
  return {
    featureShape: extractor.shape,
    train: exampleSet(train),
    test: exampleSet(test),
    scaler: scalerOf(featureStatistics(train.features, scaledFeatures(extractor))),
  };
}

function emptyPart(count: number, featureCount: number): Part {
  return { features: new Float32Array(count * featureCount), labels: new Float32Array(count), filled: 0 };
}

function exampleSet({ features, labels, filled }: Part): ExampleSet {
  return { count: filled, features, labels };
}
