import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../../connectors/recording/manifest.ts';
import { type FeatureStatistics, featureStatistics, scalerOf } from '../../learning/statistics.ts';
import type { DataProfile } from '../../openapi/schemas.ts';
import { encodeFrozenIndex } from '../../services/trainer/data-set/frozen-index.ts';
import { recordingExamples } from '../../services/trainer/recording-examples.ts';

/** A speaker's clips as a training process reads them. */
export interface FrozenSpeaker {
  readonly id: string;
  readonly frozenFile: string;
  /** Of its train clips, one entry a mel band. */
  readonly statistics: FeatureStatistics;
}

/** Computes the features of each speaker's clips and writes one frozen index a speaker; one without train clips has none. */
export async function freezeClips(
  folder: string,
  profile: DataProfile,
  into: string,
): Promise<readonly FrozenSpeaker[]> {
  const speakers: FrozenSpeaker[] = [];
  for (const { id, rows } of (await readManifest(folder)).groups) {
    const { featureShape, train, heldOut: test, ownScaler } = await recordingExamples(rows, profile);
    if (train.count === 0) continue;
    const statistics = featureStatistics(train.features, ownScaler.mean.length);
    const frozenFile = join(into, `speaker-${id}`);
    writeFileSync(frozenFile, encodeFrozenIndex({ featureShape, train, test, scaler: scalerOf(statistics) }));
    speakers.push({ id, frozenFile, statistics });
  }
  return speakers;
}
