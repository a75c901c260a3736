import type { Request } from 'express';
import type { JsonObject } from '../../model.ts';
import { metadataOf } from '../metadata-only.ts';

/*
 * Below `/api/v3.0` some answers are those of API 3.0, in the reading of the official test engine and of FA³ST 1.3.0,
 * which have that prefix. Everywhere else API 3.1 holds.
 */

/** Members that metamodel 3.0 demands of an element (AASd-014 of an Entity); API 3.0's metadata is an element as well. */
const DEMANDED: Readonly<Record<string, readonly string[]>> = {
  File: ['contentType'],
  Blob: ['contentType'],
  RelationshipElement: ['first', 'second'],
  AnnotatedRelationshipElement: ['first', 'second'],
  BasicEventElement: ['observed'],
  Entity: ['globalAssetId', 'specificAssetIds'],
};

/** What has paths inside; API 3.0 gives `$path` of nothing else. */
const WITH_PATHS: readonly unknown[] = ['SubmodelElementCollection', 'SubmodelElementList', 'Entity'];

/** Elements that API 3.0 gives no metadata of. */
const WITHOUT_METADATA: readonly unknown[] = ['Capability', 'Operation'];

/** Whether the caller speaks API 3.0: by the prefix of its path. */
export function asked3x0(request: Request): boolean {
  return request.url.startsWith('/api/v3.0/');
}

/** Whether an element has the form `$metadata` for this caller. */
export function hasMetadata(request: Request, { modelType }: JsonObject): boolean {
  return !(asked3x0(request) && WITHOUT_METADATA.includes(modelType));
}

/** Whether an element has the form `$path` for this caller. */
export function hasPaths(request: Request, { modelType }: JsonObject): boolean {
  return !asked3x0(request) || WITH_PATHS.includes(modelType);
}

/** An element's metadata for this caller. */
export function metadataFor(request: Request, element: JsonObject): JsonObject {
  const demanded = asked3x0(request) ? (DEMANDED[String(element['modelType'])] ?? []) : [];
  const kept = demanded.flatMap((member) => (member in element ? [[member, element[member]]] : []));
  return { ...metadataOf(element), ...Object.fromEntries(kept) };
}

/** An element's value for this caller: in API 3.0 what is neither an object nor a list stands below its idShort. */
export function valueFor(request: Request, { idShort }: JsonObject, value: unknown): unknown {
  const isPlain = typeof value !== 'object' || value === null;
  return asked3x0(request) && isPlain && typeof idShort === 'string' ? { [idShort]: value } : value;
}
