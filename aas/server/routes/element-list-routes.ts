import type { Request } from 'express';
import { elementReference, pathsBelow } from '../element-references.ts';
import { asked3x0, metadataFor } from '../http/api-3-0.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { identifier, levelOf, refuseModifiers, withBlobValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import { shownElement } from '../shown-element.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { type ElementRow, parseRow } from '../storage/element-rows.ts';
import { valueOnly, valuesByIdShort } from '../value-only.ts';
import { addElementRoute } from './element-routes.ts';

/** The elements at the top of a submodel, a page at a time, in all their forms. */
export function elementListRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const { elements } = storage;
  const submodelOf = (request: Request) =>
    storage.submodels.require(identifier(request, 'submodelIdentifier'));

  /** The rows of a page, without their children. */
  const pageOf = (request: Request) => {
    const submodel = submodelOf(request);
    const { limit, after } = pageRequest(request, limits);
    const rows = elements.children(submodel, '', after, limit + 1);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const next = rows.length > limit && last !== undefined ? { next: last.position } : {};
    const bodyOf = (items: readonly unknown[]) => pageBody({ items, ...next });
    return { submodel, rows: shown, bodyOf };
  };
  const withChildren = (request: Request, submodel: number, rows: readonly ElementRow[]) => {
    const level = levelOf(request);
    return rows.map(({ path }) => elements.get(submodel, path, level));
  };

  return {
    '/submodel-elements': {
      ...addElementRoute(storage),
      get: (request, response) => {
        const { submodel, rows, bodyOf } = pageOf(request);
        const withBlobs = withBlobValue(request);
        const found = withChildren(request, submodel, rows);
        response.json(bodyOf(found.map((element) => shownElement(element, withBlobs))));
      },
    },
    '/submodel-elements/$metadata': {
      get: (request, response) => {
        refuseModifiers(request);
        const { rows, bodyOf } = pageOf(request);
        response.json(bodyOf(rows.map((row) => metadataFor(request, parseRow(row)))));
      },
    },
    '/submodel-elements/$value': {
      get: (request, response) => {
        const { submodel, rows, bodyOf } = pageOf(request);
        const withBlobs = withBlobValue(request);
        const found = withChildren(request, submodel, rows);
        const page = bodyOf([]);
        if (asked3x0(request)) {
          // API 3.0.1 has a list here, and the official test engine asks for one.
          const single = found.flatMap((element) => {
            const value = valueOnly(element, withBlobs);
            return value === undefined ? [] : [{ [String(element['idShort'])]: value }];
          });
          response.json({ ...page, result: single });
        } else response.json({ ...page, result: valuesByIdShort(found, withBlobs) });
      },
    },
    '/submodel-elements/$reference': {
      get: (request, response) => {
        refuseModifiers(request, asked3x0(request) ? ['core', 'deep'] : ['core']);
        const { submodel, rows, bodyOf } = pageOf(request);
        const id = identifier(request, 'submodelIdentifier');
        response.json(bodyOf(rows.map(({ path }) => elementReference(elements, id, submodel, path))));
      },
    },
    '/submodel-elements/$path': {
      get: (request, response) => {
        const { submodel, rows, bodyOf } = pageOf(request);
        const deep = levelOf(request) === 'deep';
        response.json(bodyOf(rows.flatMap(({ path }) => pathsBelow(elements, submodel, path, deep))));
      },
    },
  };
}
