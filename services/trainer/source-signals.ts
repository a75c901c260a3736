import { readManifest } from '../../connectors/recording/manifest.ts';
import { isContextColumn } from '../../connectors/recording/segments.ts';
import type { TrainerFile } from '../../openapi/schemas.ts';

type TrainerParticipant = TrainerFile['participants'][number];
type Source = TrainerParticipant['source'];

/** Signals of any folder of recordings; the columns of its manifest come on top. */
const FOLDER_SIGNALS = ['vibration', 'condition', 'lot', 'block', 'segment', 'load', 'speed', 'finished'];

/** The label signal of the default profile. */
const LABEL_SIGNAL = 'condition';

/**
 * Names of the signals that a participant has, sorted: those of its source, and the one that its label file stands for.
 * @throws CodedError `E_NO_MANIFEST`, `E_INVALID_MANIFEST` for a folder.
 */
export async function participantSignals({ source, labels }: TrainerParticipant): Promise<readonly string[]> {
  const own = await sourceSignals(source);
  const labelled = labels === undefined ? [] : [labels.signal ?? LABEL_SIGNAL];
  return [...new Set([...own, ...labelled])].sort();
}

async function sourceSignals(source: Source): Promise<readonly string[]> {
  if (source.opcua !== undefined) return Object.keys(source.opcua.signals);
  if (source.folder === undefined) return [];
  const { path, group } = source.folder;
  const { columns } = await readManifest(path, group === undefined ? {} : { group });
  return [...FOLDER_SIGNALS, ...columns.filter(isContextColumn)];
}

/** How long the last value of a signal holds in milliseconds, for those for which it does not hold without end. */
export function maximumAgesMs({ opcua }: Source): ReadonlyMap<string, number> {
  const signals = Object.entries(opcua?.signals ?? {});
  return new Map(
    signals.flatMap(([name, { maxAgeMs }]) => (maxAgeMs === undefined ? [] : [[name, maxAgeMs]])),
  );
}

/** The longest time between two publishings of a source, after which what is there is there. */
export function publishingIntervalMs({ opcua }: Source): number {
  if (opcua === undefined) return 0;
  const groups = Object.values(opcua.groups ?? {}).map((group) => group.publishingIntervalMs);
  return Math.max(opcua.publishingIntervalMs, ...groups);
}
