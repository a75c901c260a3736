import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FeatureStatistics,
  featureStatistics,
  mergeStatistics,
  scalerOf,
} from '../../learning/statistics.ts';
import type { ScalerMetadata } from '../../learning/weights/version-metadata.ts';
import type { DataProfile } from '../../openapi/schemas.ts';
import { type ExampleSet, encodeFrozenIndex } from '../trainer/data-set/frozen-index.ts';
import type { VirtualParticipant } from './virtual-participant.ts';

/** The examples of one virtual participant. */
export interface VirtualExamples {
  readonly id: string;
  readonly train: ExampleSet;
  readonly test: ExampleSet;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Participants with their examples in files, and how features are standardised. */
export interface VirtualData {
  readonly participants: readonly VirtualParticipant[];
  readonly scaler: ScalerMetadata;
}

interface Keeping {
  readonly profile: DataProfile;
  /** Of one example's features. */
  readonly featureShape: readonly number[];
  /** An existing folder. */
  readonly folder: string;
}

/**
 * Writes participants' examples as frozen indices, one after the other, so that not all of them are in memory; a
 * participant without train examples is left out.
 */
export async function keepExamples(
  { profile, featureShape, folder }: Keeping,
  examples: AsyncIterable<VirtualExamples> | Iterable<VirtualExamples>,
): Promise<VirtualData> {
  const participants: VirtualParticipant[] = [];
  const statistics: FeatureStatistics[] = [];
  const scaled = featureShape.at(-1) ?? 1;
  for await (const { id, train, test, attributes } of examples) {
    if (train.count === 0) continue;
    const own = featureStatistics(train.features, scaled);
    const frozenFile = join(folder, `${id}.frozen`);
    writeFileSync(frozenFile, encodeFrozenIndex({ featureShape, train, test, scaler: scalerOf(own) }));
    if (profile.standardisation === 'federated') statistics.push(own);
    participants.push({
      id,
      frozenFile,
      trainExamples: train.count,
      testExamples: test.count,
      attributes,
    });
  }
  if (profile.standardisation !== 'federated') return { participants, scaler: { kind: 'local' } };
  const { mean, standardDeviation } = scalerOf(mergeStatistics(statistics));
  return {
    participants,
    scaler: { kind: 'federated', mean: [...mean], standardDeviation: [...standardDeviation] },
  };
}
