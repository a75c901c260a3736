import { CodedError } from '../../runtime/errors.ts';
import { checkModel } from '../check-model.ts';
import { childrenMember } from '../children.ts';
import { joinPath } from '../id-short-path.ts';
import type { JsonObject } from '../model.ts';
import { isJsonObject, mergePatch } from './merge-patch.ts';
import { parseRow, rowsOf } from './storage/element-rows.ts';
import type { ElementStore } from './storage/element-store.ts';

/**
 * Merges a partial element into a stored one. Children of collections, entities and annotated relationships merge by
 * idShort: what the patch has is merged or added, the rest stays; a list is replaced whole. Only the rows that the
 * patch names are read and written. Belongs into a transaction.
 * @throws CodedError `E_INVALID_INPUT` if the result is not valid, `E_AAS_NOT_FOUND`
 */
export function mergeElement(elements: ElementStore, submodel: number, path: string, patch: unknown): void {
  if (!isJsonObject(patch)) throw new CodedError('E_INVALID_INPUT', `${path}: the patch must be an object`);
  const row = elements.requireRow(submodel, path);
  const stored = parseRow(row);
  const { modelType } = stored;
  for (const member of ['modelType', 'idShort']) {
    if (patch[member] !== undefined && patch[member] !== stored[member]) {
      throw new CodedError('E_INVALID_INPUT', `${path}: ${member} cannot be changed by a patch`);
    }
  }
  const member = childrenMember(modelType);
  const { [member ?? '']: children, ...ownPatch } = member === undefined ? { ...patch } : patch;
  const own = mergePatch(stored, ownPatch);
  if (modelType === 'SubmodelElementList' && children !== undefined) {
    const list = children === null ? [] : children;
    const whole = checkModel({ ...(own as JsonObject), value: list }, 'SubmodelElement');
    const wanted = rowsOf(whole['value'] as readonly JsonObject[], path, true);
    elements.sync(submodel, elements.rowsBelow(submodel, path), wanted);
  } else if (member !== undefined && children !== undefined) {
    mergeChildren(elements, submodel, path, children);
  }
  if (children === undefined && patch['typeValueListElement'] !== undefined) {
    // What the list says of its entries must fit those that stay.
    const kept = elements.get(submodel, path)['value'] ?? [];
    checkModel({ ...(own as JsonObject), value: kept }, 'SubmodelElement');
  }
  elements.replaceOwn(submodel, path, checkModel(own, 'SubmodelElement'));
}

/** Merges or adds children by idShort below a path, `null` takes all out; the empty path is the submodel. */
export function mergeChildren(
  elements: ElementStore,
  submodel: number,
  path: string,
  children: unknown,
): void {
  if (children === null) {
    elements.sync(submodel, elements.rowsBelow(submodel, path), []);
    return;
  }
  if (!Array.isArray(children))
    throw new CodedError('E_INVALID_INPUT', `${path}: the children must be a list`);
  for (const child of children as readonly unknown[]) {
    const idShort = isJsonObject(child) ? child['idShort'] : undefined;
    if (typeof idShort !== 'string') {
      throw new CodedError('E_INVALID_INPUT', `${path}: each child of a patch needs an idShort`);
    }
    const childPath = joinPath(path, { idShort });
    // A name with dots or brackets is no child, whatever its path leads to; adding it is refused.
    if (elements.row(submodel, childPath)?.parent !== path) {
      elements.add(submodel, path, checkModel(child, 'SubmodelElement'));
    } else mergeElement(elements, submodel, childPath, child);
  }
}
