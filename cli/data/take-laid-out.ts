import { join } from 'node:path';
import { type Layout, layOutFolder } from './lay-out-folder.ts';
import { linkOrCopy } from './take-folder.ts';

/** What the corpora that come by agreement consist of. */
export const RECORDING_LAYOUT_EXTENSIONS: readonly string[] = ['.wav'];

/**
 * Takes the recordings of a corpus whose names say what they are; the others of the folder stay behind.
 * @throws CodedError `E_NO_MANIFEST` if there are none.
 */
export async function takeLaidOut(
  from: string,
  folder: string,
  layout: Layout,
  extensions: readonly string[],
): Promise<void> {
  const { files } = layOutFolder(from, extensions, layout);
  for (const { file } of files) await linkOrCopy(join(from, file), join(folder, file));
}
