import type { DataProfile } from '../../openapi/schemas.ts';
import { keepExamples, type VirtualData } from '../../services/simulation/keep-examples.ts';
import type { ExampleSet } from '../../services/trainer/data-set/frozen-index.ts';
import { profileFeatures } from '../../services/trainer/data-set/profile-features.ts';
import { DEFAULT_SHIFT, generateSegments } from '../../simulator/vibration/generated-machine.ts';
import { CONDITIONS } from '../../simulator/vibration/machine-vibration.ts';

/** The data profile of the generated line, as in examples/vibration.federation.yaml. */
export const LINE_PROFILE = {
  signals: { waveform: 'vibration', label: 'condition', lot: 'lot' },
  window: { length: 1024, hop: 1024 },
  features: { key: 'log-band-power', bands: 32 },
  classes: [...CONDITIONS],
  testLots: ['test'],
  examples: { ready: 20_000, maximum: 20_000, minimumTrain: 8 },
  standardisation: 'local',
};

/** The machines of the generated line, whose vibration goes straight to examples. */
export function lineParticipants(
  profile: DataProfile,
  { machines, seed, folder }: { readonly machines: number; readonly seed: number; readonly folder: string },
): Promise<VirtualData> {
  const extractor = profileFeatures(profile);
  return keepExamples({ profile, featureShape: extractor.shape, folder }, all());

  function* all() {
    for (let index = 0; index < machines; index++) {
      const sets = { train: emptyRows(), test: emptyRows() };
      for (const { label, lot, samples } of generateSegments(index, { ...DEFAULT_SHIFT, seed })) {
        const rows = lot === 'test' ? sets.test : sets.train;
        for (let begin = 0; begin + profile.window.length <= samples.length; begin += profile.window.hop) {
          const features = new Float32Array(extractor.size);
          extractor.extract(samples.subarray(begin, begin + profile.window.length), features, [0]);
          rows.features.push(features);
          rows.labels.push(profile.classes.indexOf(label));
        }
      }
      const id = `machine-${String(index + 1).padStart(2, '0')}`;
      yield { id, train: exampleSet(sets.train), test: exampleSet(sets.test), attributes: {} };
    }
  }
}

interface Rows {
  readonly features: Float32Array[];
  readonly labels: number[];
}

function emptyRows(): Rows {
  return { features: [], labels: [] };
}

function exampleSet({ features, labels }: Rows): ExampleSet {
  const size = features[0]?.length ?? 0;
  const all = new Float32Array(features.length * size);
  for (const [index, row] of features.entries()) all.set(row, index * size);
  return { count: features.length, features: all, labels: Float32Array.from(labels) };
}
