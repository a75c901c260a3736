import { readdirSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { parseDemosName } from './demos-names.ts';

/** How names of folders and files say what a recording is. */
export const LAYOUTS = ['client/label', 'label/client', 'label', 'demos'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** A recording as its path describes it. */
export interface PlacedFile {
  /** Relative to the folder, with slashes. */
  readonly file: string;
  readonly client: string;
  readonly label: string;
  /** Further columns of the manifest. */
  readonly columns: Readonly<Record<string, string>>;
}

interface PlacedFolder {
  readonly layout: Layout;
  readonly files: readonly PlacedFile[];
  /** Recordings whose path says nothing in this layout. */
  readonly leftOut: readonly string[];
}

/**
 * Finds the recordings of a folder and what each is. Without a layout: `demos` where all names are of that corpus,
 * `client/label` where the recordings are two folders deep, `label` where they are one deep.
 * @param extensions of recordings, such as `.wav`.
 * @throws CodedError `E_NO_MANIFEST` if there are no recordings or no layout can be seen.
 */
export function layOutFolder(folder: string, extensions: readonly string[], asked?: Layout): PlacedFolder {
  const found = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && extensions.includes(posix.extname(entry.name).toLowerCase()))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  if (found.length === 0) {
    const message = `${folder} has no manifest.csv and no recordings (${extensions.join(', ')})`;
    throw new CodedError('E_NO_MANIFEST', message);
  }
  const layout = asked ?? layoutOf(found);
  if (layout === undefined) {
    const message = `${folder} has recordings, but its folders do not say what they are; name one of --layout ${LAYOUTS.join(', ')}`;
    throw new CodedError('E_NO_MANIFEST', message);
  }
  const placed = found.map((file) => ({ file, place: placeOf(file, layout) }));
  return {
    layout,
    files: placed.flatMap(({ file, place }) => (place === undefined ? [] : [{ file, ...place }])),
    leftOut: placed.filter(({ place }) => place === undefined).map(({ file }) => file),
  };
}

function layoutOf(files: readonly string[]): Layout | undefined {
  if (files.every((file) => parseDemosName(posix.basename(file)) !== undefined)) return 'demos';
  if (files.every((file) => foldersOf(file).length >= 2)) return 'client/label';
  return files.every((file) => foldersOf(file).length === 1) ? 'label' : undefined;
}

function placeOf(file: string, layout: Layout): Omit<PlacedFile, 'file'> | undefined {
  if (layout === 'demos') {
    const name = parseDemosName(posix.basename(file));
    // Published work drops the neutral recordings.
    if (name === undefined || name.emotion === 'neutral') return undefined;
    const { speaker, sex, emotion, prototypical } = name;
    return {
      client: `speaker-${speaker}`,
      label: emotion,
      columns: { sex, prototypical: prototypical ? '1' : '0' },
    };
  }
  const folders = foldersOf(file);
  const [first, second] = folders.slice(-2);
  if (layout === 'label')
    return first === undefined ? undefined : { client: 'all', label: folders.at(-1)!, columns: {} };
  if (first === undefined || second === undefined) return undefined;
  const [client, label] = layout === 'client/label' ? [first, second] : [second, first];
  return { client, label, columns: {} };
}

function foldersOf(file: string): string[] {
  return file.split('/').slice(0, -1);
}
