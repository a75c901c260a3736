import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import type { JsonObject } from '../../model.ts';
import { type PageLimits, pageLimit, readCursor, writeCursor } from '../http/paging.ts';
import { levelOf, queryValue } from '../http/request-values.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { SubmodelFilter } from '../storage/submodel-store.ts';

/** A place in the list of all paths: a submodel's row number, and the last path of it; without one all of it is past. */
interface Place {
  readonly submodel: number;
  readonly path?: string;
}

const START: Place = { submodel: -1 };
/** Submodels that are looked at in one go. */
const CHUNK = 100;

/**
 * A page of the idShortPaths of all submodels. `limit` counts paths and not submodels, since they are what the page
 * lists; those of one submodel are in the order of their text, so that a page costs no more in a large submodel.
 */
export function pageOfPaths(
  { submodels, elements }: AasStorage,
  request: Request,
  limits: PageLimits,
  filter: SubmodelFilter,
): JsonObject {
  const limit = pageLimit(request, limits);
  const level = levelOf(request);
  const found: Required<Place>[] = [];
  const take = (submodel: number, after: string): boolean => {
    const paths = elements.paths(submodel, { level, after, limit: limit + 1 - found.length });
    found.push(...paths.map((path) => ({ submodel, path })));
    return found.length > limit;
  };
  const from = placeOf(request);
  let isFull = from.path === undefined ? false : take(from.submodel, from.path);
  for (let next: number | undefined = from.submodel; next !== undefined && !isFull; ) {
    const page = submodels.listOwn({ after: next, limit: CHUNK }, filter);
    for (const { id } of page.items) {
      isFull ||= take(submodels.require(String(id)), '');
    }
    next = page.next;
  }
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const cursor = isFull && last !== undefined ? { cursor: writeCursor(`${last.submodel}:${last.path}`) } : {};
  return { paging_metadata: cursor, result: shown.map(({ path }) => path) };
}

function placeOf(request: Request): Place {
  const cursor = queryValue(request, 'cursor');
  if (cursor === undefined) return START;
  const match = /^([0-9]{1,15}):(.+)$/s.exec(readCursor(cursor));
  if (match?.[2] === undefined) {
    throw new CodedError('E_INVALID_INPUT', 'the cursor is none that this list gave');
  }
  return { submodel: Number(match[1]), path: match[2] };
}
