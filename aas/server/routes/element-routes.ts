import type { Request, Response } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { childrenMember } from '../../children.ts';
import { parseIdShortPath } from '../../id-short-path.ts';
import type { JsonObject } from '../../model.ts';
import type { ChangeCause } from '../changes/change-feed.ts';
import { elementReference, pathsBelow } from '../element-references.ts';
import { hasMetadata, hasPaths, metadataFor, valueFor } from '../http/api-3-0.ts';
import { answerJson, answerTagged, checkPrecondition, tagOf } from '../http/etag.ts';
import {
  identifier,
  jsonBody,
  levelOf,
  locationBelow,
  pathValue,
  refuseModifiers,
  withBlobValue,
} from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import { mergeElement } from '../merge-element.ts';
import { mergeElementMetadata } from '../merge-metadata.ts';
import { patchValue } from '../patch-value.ts';
import { shownElement } from '../shown-element.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { parseRow } from '../storage/element-rows.ts';
import { valueOnly } from '../value-only.ts';

const ELEMENT = '/submodel-elements/:idShortPath';

/** One element of a submodel, by its idShortPath, in all its forms. */
export function elementRoutes(storage: AasStorage): RouteTable {
  const { elements, changes } = storage;
  const submodelOf = (request: Request) =>
    storage.submodels.require(identifier(request, 'submodelIdentifier'));

  /** Changes one element, all of it or nothing; what the caller knew of it must still be so. */
  const change = async (
    request: Request,
    response: Response,
    cause: ChangeCause,
    work: (submodel: number, path: string) => unknown,
  ) => {
    await storage.writeTogether(() => {
      const submodel = submodelOf(request);
      const path = pathOf(request);
      checkPrecondition(request, () => storedJson(storage, submodel, path));
      work(submodel, path);
      const id = identifier(request, 'submodelIdentifier');
      const kind = cause === 'delete' ? 'deleted' : 'updated';
      changes.note({ kind, cause, thing: 'element', id, idShortPath: path });
    });
    response.status(204).end();
  };

  return {
    [ELEMENT]: {
      get: (request, response) => {
        const level = levelOf(request);
        const withBlobs = withBlobValue(request);
        const element = elements.get(submodelOf(request), pathOf(request), level);
        answerElement(response, element, withBlobs, level === 'deep');
      },
      post: async (request, response) => {
        refuseModifiers(request, [], 'refused');
        const element = checkModel(jsonBody(request), 'SubmodelElement');
        const path = await storage.writeTogether(() => {
          const path = elements.add(submodelOf(request), pathOf(request), element);
          const id = identifier(request, 'submodelIdentifier');
          changes.note({ kind: 'created', cause: 'post', thing: 'element', id, idShortPath: path });
          return path;
        });
        const siblings = (request.originalUrl.split('?')[0] ?? '').replace(/\/[^/]*\/?$/, '');
        response
          .status(201)
          .location(`${siblings}/${encodeURIComponent(path)}`)
          .json(element);
      },
      put: async (request, response) => {
        refuseModifiers(request, ['deep']);
        const element = checkModel(jsonBody(request), 'SubmodelElement');
        const created = await storage.writeTogether(() => {
          const submodel = submodelOf(request);
          const path = pathOf(request);
          checkPrecondition(request, () => storedJson(storage, submodel, path));
          const created = elements.put(submodel, path, element);
          const id = identifier(request, 'submodelIdentifier');
          const kind = created ? 'created' : 'updated';
          changes.note({ kind, cause: 'put', thing: 'element', id, idShortPath: path });
          return created;
        });
        if (created) response.status(201).location(request.originalUrl).json(element);
        else response.status(204).end();
      },
      patch: async (request, response) => {
        refuseModifiers(request, ['core']);
        const patch = jsonBody(request);
        await change(request, response, 'patch', (submodel, path) =>
          mergeElement(elements, submodel, path, patch),
        );
      },
      delete: async (request, response) => {
        await change(request, response, 'delete', (submodel, path) => elements.remove(submodel, path));
      },
    },
    [`${ELEMENT}/$metadata`]: {
      get: (request, response) => {
        refuseModifiers(request);
        const element = parseRow(elements.requireRow(submodelOf(request), pathOf(request)));
        if (!hasMetadata(request, element)) throw withoutForm(element, 'metadata');
        response.json(metadataFor(request, element));
      },
      patch: async (request, response) => {
        refuseModifiers(request);
        const patch = jsonBody(request);
        await change(request, response, 'metadata', (submodel, path) =>
          mergeElementMetadata(elements, submodel, path, patch),
        );
      },
    },
    [`${ELEMENT}/$value`]: {
      get: (request, response) => {
        const path = pathOf(request);
        const level = levelOf(request);
        const row = elements.rowOf(identifier(request, 'submodelIdentifier'), path);
        const own = row === undefined ? undefined : parseRow(row);
        if (row !== undefined && own !== undefined && childrenMember(own['modelType']) === undefined) {
          // What is asked most, the value of an element without children, is one query of one row.
          answerValue(request, response, own, row.json);
          return;
        }
        const element = elements.get(submodelOf(request), path, level);
        const json = level === 'deep' ? JSON.stringify(element) : undefined;
        answerValue(request, response, element, json);
      },
      patch: async (request, response) => {
        refuseModifiers(request, ['core']);
        const value = jsonBody(request);
        await change(request, response, 'value', (submodel, path) =>
          patchValue(elements, submodel, path, value),
        );
      },
    },
    [`${ELEMENT}/$reference`]: {
      get: (request, response) => {
        refuseModifiers(request, ['core']);
        const id = identifier(request, 'submodelIdentifier');
        response.json(elementReference(elements, id, submodelOf(request), pathOf(request)));
      },
    },
    [`${ELEMENT}/$path`]: {
      get: (request, response) => {
        const submodel = submodelOf(request);
        const element = parseRow(elements.requireRow(submodel, pathOf(request)));
        if (!hasPaths(request, element)) throw withoutForm(element, 'path');
        response.json(pathsBelow(elements, submodel, pathOf(request), levelOf(request) === 'deep'));
      },
    },
  };
}

/** The elements at the top of a submodel are added by POST to the list. */
export function addElementRoute(storage: AasStorage): RouteTable[string] {
  return {
    post: async (request, response) => {
      refuseModifiers(request, [], 'refused');
      const element = checkModel(jsonBody(request), 'SubmodelElement');
      const id = identifier(request, 'submodelIdentifier');
      const path = await storage.writeTogether(() => {
        const path = storage.elements.add(storage.submodels.require(id), '', element);
        storage.changes.note({ kind: 'created', cause: 'post', thing: 'element', id, idShortPath: path });
        return path;
      });
      response
        .status(201)
        .location(locationBelow(request, encodeURIComponent(path)))
        .json(element);
    },
  };
}

/** JSON of an element and all below it, as the ETag covers it; undefined if there is none. */
function storedJson(storage: AasStorage, submodel: number, path: string): string | undefined {
  if (storage.elements.row(submodel, path) === undefined) return undefined;
  return JSON.stringify(storage.elements.get(submodel, path));
}

/** @param whole whether `element` is all that the ETag covers. */
function answerElement(response: Response, element: JsonObject, withBlobs: boolean, whole: boolean): void {
  const json = JSON.stringify(element);
  const shown = withBlobs || !json.includes('"Blob"') ? json : JSON.stringify(shownElement(element, false));
  if (whole) answerTagged(response, json, shown);
  else answerJson(response, shown);
}

/** @param json of the whole element, for the ETag; undefined if `element` is only a part. */
function answerValue(
  request: Request,
  response: Response,
  element: JsonObject,
  json: string | undefined,
): void {
  const { modelType } = element;
  if (modelType === 'Capability' || modelType === 'Operation') throw withoutForm(element, 'value-only');
  if (json !== undefined) response.setHeader('ETag', tagOf(json));
  const value = valueOnly(element, withBlobValue(request)) ?? null;
  answerJson(response, JSON.stringify(valueFor(request, element, value)));
}

function withoutForm({ modelType }: JsonObject, form: string): CodedError {
  return new CodedError('E_INVALID_INPUT', `a ${String(modelType)} has no ${form} form`);
}

/** The idShortPath of a request. @throws CodedError `E_INVALID_INPUT` */
function pathOf(request: Request): string {
  const path = pathValue(request, 'idShortPath');
  parseIdShortPath(path);
  return path;
}
