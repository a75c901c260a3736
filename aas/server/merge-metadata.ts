import { CodedError } from '../../runtime/errors.ts';
import { mergeElement } from './merge-element.ts';
import { isJsonObject } from './merge-patch.ts';
import { mergeSubmodelOwn } from './merge-submodel.ts';
import { valueMembersOf } from './metadata-only.ts';
import type { AasStorage } from './storage/aas-storage.ts';
import { parseRow } from './storage/element-rows.ts';
import type { ElementStore } from './storage/element-store.ts';

/**
 * Merges the metadata of an element; value and children stay as they are. Belongs into a transaction.
 * @throws CodedError `E_INVALID_INPUT` if the patch names a value member or the result is not valid, `E_AAS_NOT_FOUND`
 */
export function mergeElementMetadata(
  elements: ElementStore,
  submodel: number,
  path: string,
  patch: unknown,
): void {
  requireMetadata(patch, parseRow(elements.requireRow(submodel, path))['modelType']);
  mergeElement(elements, submodel, path, patch);
}

/** Merges the metadata of a submodel. Belongs into a transaction. @throws CodedError as for elements */
export function mergeSubmodelMetadata(storage: AasStorage, id: string, patch: unknown): void {
  storage.submodels.require(id);
  mergeSubmodelOwn(storage, id, requireMetadata(patch, 'Submodel'));
}

function requireMetadata(patch: unknown, modelType: unknown) {
  if (!isJsonObject(patch)) throw new CodedError('E_INVALID_INPUT', 'the patch must be an object');
  const wrong = valueMembersOf(modelType).find((member) => patch[member] !== undefined);
  if (wrong !== undefined) {
    throw new CodedError('E_INVALID_INPUT', `${wrong} is no metadata of a ${String(modelType)}`);
  }
  return patch;
}
