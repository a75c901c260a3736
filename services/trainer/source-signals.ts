import { readManifest } from '../../connectors/recording/manifest.ts';
import { isContextColumn } from '../../connectors/recording/segments.ts';
import type { TrainerFile } from '../../openapi/schemas.ts';

/** Signals of any folder of recordings; the columns of its manifest come on top. */
const FOLDER_SIGNALS = ['vibration', 'condition', 'lot', 'block', 'segment', 'load', 'speed', 'finished'];

/**
 * Names of the signals that a source offers, sorted.
 * @throws CodedError `E_NO_MANIFEST`, `E_INVALID_MANIFEST` for a folder.
 */
export async function sourceSignals(
  source: TrainerFile['participants'][number]['source'],
): Promise<readonly string[]> {
  if (source.opcua !== undefined) return Object.keys(source.opcua.signals).sort();
  if (source.folder === undefined) return [];
  const { path, group } = source.folder;
  const { columns } = await readManifest(path, group === undefined ? {} : { group });
  return [...new Set([...FOLDER_SIGNALS, ...columns.filter(isContextColumn)])].sort();
}
