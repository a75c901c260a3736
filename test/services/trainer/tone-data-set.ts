import type { DataProfile } from '../../../openapi/schemas.ts';
import { LocalDataSet } from '../../../services/trainer/data-set/local-data-set.ts';
import { arrivalsOf, sample, toneBlock } from './arrivals.ts';
import { profileOf } from './profile.ts';

/** A profile whose two classes are two tones, easy to tell apart. */
export function toneProfile(changes: Partial<DataProfile> = {}): DataProfile {
  return profileOf({
    window: { length: 64, hop: 64 },
    features: { key: 'log-band-power', bands: 8 },
    examples: { ready: 40, maximum: 10_000, minimumTrain: 4 },
    ...changes,
  });
}

/** Opens a data set. */
export function openDataSet(folder: string, participant: string): Promise<LocalDataSet> {
  return LocalDataSet.open({ participant, folder, publishingIntervalMs: 0 });
}

/** Lets `count` windows of the two tones arrive, alternating by segment, every fifth segment of lot `test`. */
export function receiveTones(
  dataSet: LocalDataSet,
  count: number,
  options: { finished?: boolean; from?: number } = {},
): void {
  const { finished = true, from = 0 } = options;
  for (let index = from; index < from + count; index += 1) {
    const label = index % 2 === 0 ? 'healthy' : 'worn';
    const lot = Math.floor(index / 2) % 5 === 4 ? 'test' : 'train';
    const samples = toneBlock(label, index, 64);
    dataSet.receive(
      arrivalsOf({ number: index + 1, timestampMs: 10 * index, samples, label, lot, segment: index }),
    );
  }
  if (finished) dataSet.receive([sample('finished', true, 10 * (from + count))]);
}
