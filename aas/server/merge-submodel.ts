import { CodedError } from '../../runtime/errors.ts';
import { checkModel } from '../check-model.ts';
import type { JsonObject } from '../model.ts';
import { mergeChildren } from './merge-element.ts';
import { isJsonObject, mergePatch } from './merge-patch.ts';
import type { AasStorage } from './storage/aas-storage.ts';

/**
 * Merges a partial submodel into a stored one; its elements merge by idShort (docs/aas.md, PATCH). Belongs into a
 * transaction.
 * @throws CodedError `E_INVALID_INPUT` if the result is not valid, `E_AAS_NOT_FOUND`
 */
export function mergeSubmodel(storage: AasStorage, id: string, patch: unknown): void {
  const seq = storage.submodels.require(id);
  if (!isJsonObject(patch)) throw new CodedError('E_INVALID_INPUT', 'the patch must be an object');
  const { submodelElements, ...ownPatch } = patch;
  mergeSubmodelOwn(storage, id, ownPatch);
  if (submodelElements !== undefined) mergeChildren(storage.elements, seq, '', submodelElements);
}

/** Merges the members of a submodel itself; its identity stays. */
export function mergeSubmodelOwn(storage: AasStorage, id: string, patch: JsonObject): void {
  const seq = storage.submodels.require(id);
  const stored = storage.submodels.own(id) ?? {};
  for (const member of ['modelType', 'id']) {
    if (patch[member] !== undefined && patch[member] !== stored[member]) {
      throw new CodedError('E_INVALID_INPUT', `${member} cannot be changed by a patch`);
    }
  }
  storage.submodels.replaceOwn(seq, checkModel(mergePatch(stored, patch), 'Submodel'));
}
