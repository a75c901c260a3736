import type { JsonObject } from '../../../aas/model.ts';
import { findPlace, type Place, placesBelow } from './plain-tree.ts';

/** The few submodels that mutations are about. */
export const SUBMODEL_IDS = ['urn:model:one', 'urn:model:zwei/ä', 'urn:model:three'];

/** The bytes behind a File element, as base64. */
export interface PlainAttachment {
  readonly submodelId: string;
  readonly path: string;
  readonly base64: string;
}

/** What the environment must hold: never changed, a mutation makes a new one. */
export interface PlainEnvironment {
  readonly submodels: ReadonlyMap<string, JsonObject>;
  readonly attachments: readonly PlainAttachment[];
}

export const EMPTY: PlainEnvironment = { submodels: new Map(), attachments: [] };

/** All elements of all submodels. */
export function allPlaces(model: PlainEnvironment): (Place & { readonly submodelId: string })[] {
  return [...model.submodels].flatMap(([submodelId, submodel]) =>
    placesBelow(submodel).map((place) => ({ ...place, submodelId })),
  );
}

/** The environment with another submodel of that id, or without one. Attachments go where their File went. */
export function withSubmodel(
  model: PlainEnvironment,
  id: string,
  submodel: JsonObject | undefined,
): PlainEnvironment {
  const submodels = new Map(model.submodels);
  if (submodel === undefined) submodels.delete(id);
  else submodels.set(id, submodel);
  const attachments = model.attachments.filter(
    ({ submodelId, path }) =>
      submodelId !== id ||
      (submodel !== undefined && findPlace(submodel, path)?.node['modelType'] === 'File'),
  );
  return { submodels, attachments };
}

export function withAttachment(model: PlainEnvironment, attachment: PlainAttachment): PlainEnvironment {
  const { submodelId, path } = attachment;
  return { ...model, attachments: [...withoutAttachment(model, submodelId, path).attachments, attachment] };
}

export function withoutAttachment(
  model: PlainEnvironment,
  submodelId: string,
  path: string,
): PlainEnvironment {
  const attachments = model.attachments.filter((one) => one.submodelId !== submodelId || one.path !== path);
  return { ...model, attachments };
}
