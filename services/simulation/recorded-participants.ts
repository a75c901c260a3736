import { type ManifestGroup, readManifest } from '../../connectors/recording/manifest.ts';
import type { DataProfile } from '../../openapi/schemas.ts';
import type { ExampleSet } from '../trainer/data-set/frozen-index.ts';
import { profileFeatures } from '../trainer/data-set/profile-features.ts';
import { recordingExamples } from '../trainer/recording-examples.ts';
import { keepExamples, type VirtualData, type VirtualExamples } from './keep-examples.ts';

interface RecordedOptions {
  /** A folder with a manifest.csv. */
  readonly folder: string;
  /** Column of the manifest whose values make the participants. @defaultValue `client` */
  readonly group?: string;
  /** Fewer than there are groups: the first ones. More: the examples of each are dealt out. @defaultValue one a group */
  readonly participants?: number;
  readonly profile: DataProfile;
  /** Where the examples are kept. */
  readonly into: string;
}

/**
 * Makes participants of recordings: one a group of the manifest, or several that share its examples.
 * @throws CodedError as `readManifest` and `recordingExamples`.
 */
export async function recordedParticipants(options: RecordedOptions): Promise<VirtualData> {
  const { folder, group, participants, profile, into } = options;
  const { groups } = await readManifest(folder, { ...(group !== undefined && { group }) });
  const count = participants ?? groups.length;
  const { shape } = profileFeatures(profile);
  const used = groups.slice(0, count);
  const shareOf = (index: number) => Math.floor(count / used.length) + (index < count % used.length ? 1 : 0);
  return keepExamples({ profile, featureShape: shape, folder: into }, all());

  async function* all(): AsyncGenerator<VirtualExamples> {
    for (const [index, each] of used.entries()) {
      const { train, heldOut } = await recordingExamples(each.rows, profile);
      const shares = shareOf(index);
      for (let share = 0; share < shares; share++) {
        yield {
          id: shares === 1 ? each.id : `${each.id}-${share + 1}`,
          train: dealt(train, share, shares),
          test: dealt(heldOut, share, shares),
          attributes: attributesOf(each),
        };
      }
    }
  }
}

/** Every so manyth example. */
function dealt(set: ExampleSet, share: number, shares: number): ExampleSet {
  if (shares === 1) return set;
  const size = set.count === 0 ? 0 : set.features.length / set.count;
  const rows = Array.from({ length: set.count }, (_, row) => row).filter((row) => row % shares === share);
  const features = new Float32Array(rows.length * size);
  for (const [place, row] of rows.entries()) {
    features.set(set.features.subarray(row * size, (row + 1) * size), place * size);
  }
  return { count: rows.length, features, labels: Float32Array.from(rows, (row) => set.labels[row]!) };
}

/** The columns in which all rows of the group agree. */
function attributesOf({ rows }: ManifestGroup): Record<string, string> {
  const [first, ...others] = rows;
  return Object.fromEntries(
    [...(first?.values ?? [])].filter(([name, value]) =>
      others.every(({ values }) => values.get(name) === value),
    ),
  );
}
