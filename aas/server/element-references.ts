import { joinPath, parseIdShortPath } from '../id-short-path.ts';
import type { Key, Reference } from '../model.ts';
import { modelReference } from '../references.ts';
import { parseRow } from './storage/element-rows.ts';
import type { ElementStore } from './storage/element-store.ts';

/**
 * The reference to an element: a key for the submodel and each element on the way; the entry of a list is named by its
 * index (IDTA-01002, $reference).
 * @throws CodedError `E_AAS_NOT_FOUND`
 */
export function elementReference(
  elements: ElementStore,
  submodelId: string,
  submodel: number,
  path: string,
): Reference {
  const keys: Key[] = [{ type: 'Submodel', value: submodelId }];
  let at = '';
  for (const step of parseIdShortPath(path)) {
    at = joinPath(at, step);
    const { modelType } = parseRow(elements.requireRow(submodel, at));
    keys.push({ type: String(modelType), value: 'index' in step ? String(step.index) : step.idShort });
  }
  return modelReference(...keys);
}

/** The idShortPaths below a path in the order of the tree, itself first unless it is the submodel. */
export function pathsBelow(elements: ElementStore, submodel: number, path: string, deep: boolean): string[] {
  const byParent = new Map<string, string[]>();
  for (const row of elements.rowsBelow(submodel, path, deep ? 'deep' : 'core')) {
    const siblings = byParent.get(row.parent);
    if (siblings === undefined) byParent.set(row.parent, [row.path]);
    else siblings.push(row.path);
  }
  const below = (parent: string): string[] =>
    (byParent.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return path === '' ? below('') : [path, ...below(path)];
}
