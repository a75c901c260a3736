import type { Request, Response } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { submodelReference } from '../../references.ts';
import type { ChangeCause } from '../changes/change-feed.ts';
import { pathsBelow } from '../element-references.ts';
import { answerJson, answerTagged, checkPrecondition, tagOf } from '../http/etag.ts';
import { identifier, jsonBody, levelOf, refuseModifiers, withBlobValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import { mergeSubmodelMetadata } from '../merge-metadata.ts';
import { mergeSubmodel } from '../merge-submodel.ts';
import { metadataOf } from '../metadata-only.ts';
import { patchValues } from '../patch-value.ts';
import { shownElement } from '../shown-element.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { valuesByIdShort } from '../value-only.ts';

/** One submodel as a whole, in all its forms. */
export function submodelRoutes(storage: AasStorage): RouteTable {
  const { submodels, elements } = storage;
  const idOf = (request: Request) => identifier(request, 'submodelIdentifier');

  /** Changes the submodel, all of it or nothing; what the caller knew of it must still be so. */
  const change = async (
    request: Request,
    response: Response,
    cause: ChangeCause,
    work: (id: string) => void,
  ) => {
    const id = idOf(request);
    await storage.writeTogether(() => {
      checkPrecondition(request, () => storedJson(storage, id));
      work(id);
      storage.changes.note({ kind: 'updated', cause, thing: 'submodel', id });
    });
    response.status(204).end();
  };

  return {
    '/': {
      get: (request, response) => {
        const level = levelOf(request);
        const submodel = submodels.get(idOf(request), level);
        const json = JSON.stringify(submodel);
        const shown =
          withBlobValue(request) || !json.includes('"Blob"')
            ? json
            : JSON.stringify(shownElement(submodel, false));
        if (level === 'deep') answerTagged(response, json, shown);
        else answerJson(response, shown);
      },
      put: async (request, response) => {
        const created = await putSubmodel(storage, request);
        if (created)
          response
            .status(201)
            .location(request.originalUrl)
            .json(submodels.get(idOf(request)));
        else response.status(204).end();
      },
      patch: async (request, response) => {
        refuseModifiers(request, ['core']);
        const patch = jsonBody(request);
        await change(request, response, 'patch', (id) => mergeSubmodel(storage, id, patch));
      },
      delete: async (request, response) => {
        const id = idOf(request);
        await storage.writeTogether(() => {
          checkPrecondition(request, () => storedJson(storage, id));
          if (!storage.removeSubmodel(id))
            throw new CodedError('E_AAS_NOT_FOUND', `there is no submodel ${id}`);
          // Below a shell, the submodel is taken out of the shell as well (IDTA-01002, DeleteSubmodelById).
          if (request.params['aasIdentifier'] !== undefined) {
            const shellId = identifier(request, 'aasIdentifier');
            storage.shells.removeReference(storage.shells.require(shellId), id);
            storage.changes.note({ kind: 'updated', cause: 'delete', thing: 'shell', id: shellId });
          }
        });
        response.status(204).end();
      },
    },
    '/$metadata': {
      get: (request, response) => {
        refuseModifiers(request);
        const id = idOf(request);
        submodels.require(id);
        response.json(metadataOf(submodels.own(id) ?? {}));
      },
      patch: async (request, response) => {
        refuseModifiers(request);
        const patch = jsonBody(request);
        await change(request, response, 'metadata', (id) => mergeSubmodelMetadata(storage, id, patch));
      },
    },
    '/$value': {
      get: (request, response) => {
        const level = levelOf(request);
        const submodel = submodels.get(idOf(request), level);
        if (level === 'deep') response.setHeader('ETag', tagOf(JSON.stringify(submodel)));
        // A submodel's elements are elements.
        const top = (submodel['submodelElements'] ?? []) as Parameters<typeof valuesByIdShort>[0];
        answerJson(response, JSON.stringify(valuesByIdShort(top, withBlobValue(request))));
      },
      patch: async (request, response) => {
        refuseModifiers(request, ['core']);
        const values = jsonBody(request);
        await change(request, response, 'value', (id) =>
          patchValues(elements, submodels.require(id), '', values),
        );
      },
    },
    '/$reference': {
      get: (request, response) => {
        refuseModifiers(request, ['core']);
        const id = idOf(request);
        submodels.require(id);
        response.json(submodelReference(id));
      },
    },
    '/$path': {
      get: (request, response) => {
        const seq = submodels.require(idOf(request));
        response.json(pathsBelow(elements, seq, '', levelOf(request) === 'deep'));
      },
    },
  };
}

/**
 * Stores the submodel of a PUT whole. @returns whether it is new.
 * @param alongside runs in the same transaction, after it is stored.
 */
export async function putSubmodel(
  storage: AasStorage,
  request: Request,
  alongside: () => void = () => undefined,
): Promise<boolean> {
  refuseModifiers(request, ['deep']);
  const id = identifier(request, 'submodelIdentifier');
  const submodel = checkModel(jsonBody(request), 'Submodel');
  if (submodel['id'] !== id) {
    throw new CodedError('E_INVALID_INPUT', `the submodel must have the id ${id} of its path`);
  }
  return await storage.writeTogether(() => {
    checkPrecondition(request, () => storedJson(storage, id));
    const created = storage.putSubmodel({ modelType: 'Submodel', ...submodel });
    alongside();
    return created;
  });
}

/** JSON of a submodel and all below it, as the ETag covers it; undefined if there is none. */
function storedJson(storage: AasStorage, id: string): string | undefined {
  return storage.submodels.find(id) === undefined ? undefined : JSON.stringify(storage.submodels.get(id));
}
