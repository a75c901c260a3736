import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { parseIdShortPath } from '../../id-short-path.ts';
import type { JsonObject } from '../../model.ts';
import { elementReference, pathsBelow } from '../element-references.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import {
  identifier,
  jsonBody,
  levelOf,
  locationBelow,
  pathValue,
  withBlobValue,
} from '../http/request-values.ts';
import { notBuilt, type RouteTable } from '../http/route-table.ts';
import { mergeElement } from '../merge-element.ts';
import { metadataOf } from '../metadata-only.ts';
import { patchValue } from '../patch-value.ts';
import { shownElement } from '../shown-element.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { parseRow } from '../storage/element-rows.ts';
import { valueOnly } from '../value-only.ts';

/** The elements of one submodel, each by its idShortPath. */
export function elementRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const { elements } = storage;
  const submodelOf = (request: Request) =>
    storage.submodels.require(identifier(request, 'submodelIdentifier'));
  const elementOf = (request: Request): JsonObject =>
    shownElement(
      elements.get(submodelOf(request), pathOf(request), levelOf(request)),
      withBlobValue(request),
    );
  return {
    '/submodel-elements': {
      get: (request, response) => {
        const submodel = submodelOf(request);
        const { limit, after } = pageRequest(request, limits);
        const level = levelOf(request);
        const rows = elements.children(submodel, '', after, limit + 1);
        const shown = rows.slice(0, limit);
        const items = shown.map(({ path }) =>
          shownElement(elements.get(submodel, path, level), withBlobValue(request)),
        );
        const last = shown.at(-1);
        const next = rows.length > limit && last !== undefined ? { next: last.position } : {};
        response.json(pageBody({ items, ...next }));
      },
      post: (request, response) => {
        const element = checkModel(jsonBody(request), 'SubmodelElement');
        const path = storage.write(() => elements.add(submodelOf(request), '', element));
        response
          .status(201)
          .location(locationBelow(request, encodeURIComponent(path)))
          .json(element);
      },
    },
    '/submodel-elements/:idShortPath': {
      get: (request, response) => {
        response.json(elementOf(request));
      },
      post: (request, response) => {
        const element = checkModel(jsonBody(request), 'SubmodelElement');
        const path = storage.write(() => elements.add(submodelOf(request), pathOf(request), element));
        const siblings = (request.originalUrl.split('?')[0] ?? '').replace(/\/[^/]*\/?$/, '');
        response
          .status(201)
          .location(`${siblings}/${encodeURIComponent(path)}`)
          .json(element);
      },
      put: (request, response) => {
        const element = checkModel(jsonBody(request), 'SubmodelElement');
        const created = storage.write(() => elements.put(submodelOf(request), pathOf(request), element));
        if (created) response.status(201).location(request.originalUrl).json(element);
        else response.status(204).end();
      },
      patch: (request, response) => {
        const patch = jsonBody(request);
        storage.write(() => mergeElement(elements, submodelOf(request), pathOf(request), patch));
        response.status(204).end();
      },
      delete: (request, response) => {
        storage.write(() => elements.remove(submodelOf(request), pathOf(request)));
        response.status(204).end();
      },
    },
    '/submodel-elements/:idShortPath/$metadata': {
      get: (request, response) => {
        response.json(metadataOf(parseRow(elements.requireRow(submodelOf(request), pathOf(request)))));
      },
      patch: notBuilt,
    },
    '/submodel-elements/:idShortPath/$value': {
      get: (request, response) => {
        const element = elements.get(submodelOf(request), pathOf(request), levelOf(request));
        if (element['modelType'] === 'Capability' || element['modelType'] === 'Operation') {
          throw new CodedError('E_INVALID_INPUT', `a ${element['modelType']} has no value-only form`);
        }
        response.json(valueOnly(element, withBlobValue(request)) ?? null);
      },
      patch: (request, response) => {
        const value = jsonBody(request);
        storage.write(() => patchValue(elements, submodelOf(request), pathOf(request), value));
        response.status(204).end();
      },
    },
    '/submodel-elements/:idShortPath/$reference': {
      get: (request, response) => {
        const id = identifier(request, 'submodelIdentifier');
        response.json(elementReference(elements, id, submodelOf(request), pathOf(request)));
      },
    },
    '/submodel-elements/:idShortPath/$path': {
      get: (request, response) => {
        const submodel = submodelOf(request);
        elements.requireRow(submodel, pathOf(request));
        response.json(pathsBelow(elements, submodel, pathOf(request), levelOf(request) === 'deep'));
      },
    },
  };
}

/** The idShortPath of a request, express having decoded `%5B`. @throws CodedError `E_INVALID_INPUT` */
function pathOf(request: Request): string {
  const path = pathValue(request, 'idShortPath');
  parseIdShortPath(path);
  return path;
}
