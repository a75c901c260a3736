import { createHash } from 'node:crypto';
import type { PlacedFile } from './lay-out-folder.ts';

/** Share of each participant's recordings of each label that is held out. */
const TEST_SHARE = 0.2;

/**
 * Which recordings are held out for tests: of each participant and label a fifth, chosen by a hash of the path, so that
 * the same files give the same split everywhere. With a single recording of a label, none is.
 */
export function testFiles(files: readonly PlacedFile[]): ReadonlySet<string> {
  const groups = new Map<string, string[]>();
  for (const { client, label, file } of files) {
    const key = JSON.stringify([client, label]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [file]);
    else group.push(file);
  }
  const hash = (file: string) => createHash('sha256').update(file).digest('hex');
  const held = [...groups.values()].flatMap((group) => {
    const byHash = group
      .map((file) => ({ file, hash: hash(file) }))
      .sort((a, b) => (a.hash < b.hash ? -1 : 1));
    return byHash.slice(0, Math.round(group.length * TEST_SHARE)).map(({ file }) => file);
  });
  return new Set(held);
}
