import { join } from 'node:path';
import { isPartReference, partTarget } from '../../aasx/part-target.ts';
import type { PackedFile } from '../../aasx/write-aasx.ts';
import type { JsonObject } from '../../model.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { Attachment } from '../storage/attachment-store.ts';
import { fileElements } from './file-elements.ts';
import type { SelectedIdentifiables } from './select-identifiables.ts';

/** The files that go into a package, and what their elements must say so that they are found there. */
export interface PackedFiles {
  readonly files: readonly PackedFile[];
  /** By the id of the submodel: values of File elements by path, where they change. */
  readonly fileValues: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By the id of the shell: paths of thumbnails, where they change. */
  readonly thumbnailPaths: ReadonlyMap<string, string>;
  /** Part of the first thumbnail, the picture of the package. */
  readonly thumbnail: string | undefined;
}

/** Parts of the package itself, which no file may take the place of. */
const RESERVED = /^(_rels\/|\[content_types\]\.xml$|aasx\/(data\.|aasx-origin|_rels\/))/i;

/**
 * Gives every attachment and thumbnail a part. It keeps the place that its element names; only where that is none in a
 * package, or holds another file already, it gets one of its own.
 */
export function packFiles(storage: AasStorage, selected: SelectedIdentifiables): PackedFiles {
  const files = new Map<string, PackedFile & { readonly sha256: string }>();
  const place = (attachment: Attachment, named: unknown): string => {
    const { sha256, bytes, contentType, fileName } = attachment;
    const own = `aasx/files/${encodeURIComponent(fileName)}`;
    const apart = `aasx/files/${sha256.slice(0, 16)}/${encodeURIComponent(fileName)}`;
    const part = [usablePart(named), own, apart].find(
      (candidate) =>
        candidate !== undefined && (files.get(candidate.toLowerCase())?.sha256 ?? sha256) === sha256,
    ) as string;
    const path = join(storage.attachments.folder, sha256);
    files.set(part.toLowerCase(), { part, contentType, bytes, sha256, path });
    return part;
  };
  const fileValues = new Map<string, Map<string, string>>();
  for (const submodel of selected.submodels()) {
    const id = String(submodel['id']);
    const values = new Map<string, string>();
    const attachments = new Map(
      storage.attachments
        .list(storage.submodels.require(id))
        .map((attachment) => [attachment.path, attachment]),
    );
    if (attachments.size === 0) continue;
    for (const { path, element } of fileElements(submodel)) {
      const attachment = attachments.get(path);
      if (attachment === undefined) continue;
      const part = place(attachment, element['value']);
      if (!namesPart(element['value'], part)) values.set(path, `/${part}`);
    }
    if (values.size > 0) fileValues.set(id, values);
  }
  const thumbnailPaths = new Map<string, string>();
  let thumbnail: string | undefined;
  for (const shell of selected.shells()) {
    const id = String(shell['id']);
    const picture = storage.thumbnails.get(storage.shells.require(id));
    if (picture === undefined) continue;
    const path = thumbnailPath(shell);
    const part = place(picture, path);
    thumbnail ??= part;
    if (!namesPart(path, part)) thumbnailPaths.set(id, `/${part}`);
  }
  return { files: [...files.values()], fileValues, thumbnailPaths, thumbnail };
}

function thumbnailPath(shell: JsonObject): unknown {
  // Checked on the way in: a shell has assetInformation, and the thumbnail is a Resource.
  const asset = shell['assetInformation'] as { readonly defaultThumbnail?: JsonObject };
  return asset.defaultThumbnail?.['path'];
}

/** The part that a value names, if a package may have it at that place. */
function usablePart(value: unknown): string | undefined {
  // Relative to the model, which lies in `aasx/`.
  const part = isPartReference(value) ? safeTarget(value) : undefined;
  return part === undefined || RESERVED.test(part) || !/^[A-Za-z0-9._~!$&'()*+,;=:@%/-]+$/.test(part)
    ? undefined
    : part;
}

function namesPart(value: unknown, part: string): boolean {
  return isPartReference(value) && safeTarget(value) === part;
}

function safeTarget(value: string): string | undefined {
  try {
    return partTarget('aasx/data', value);
  } catch {
    // It leads out of a package: the file gets a place of its own.
    return undefined;
  }
}
