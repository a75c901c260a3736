import type { RequestHandler } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { encodeIdentifier } from '../../identifier-encoding.ts';
import type { JsonObject, Reference } from '../../model.ts';
import { assetLinksOf } from '../http/asset-links.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { identifier, jsonBody, locationBelow, queryValue } from '../http/request-values.ts';
import { notBuilt, type RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';

/** The AAS repository. */
export function shellRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const requireShell = (id: string): JsonObject => {
    const shell = storage.shells.get(id);
    if (shell === undefined) throw new CodedError('E_AAS_NOT_FOUND', `there is no shell ${id}`);
    return shell;
  };
  return {
    '/shells': {
      get: (request, response) => {
        const idShort = queryValue(request, 'idShort');
        const filter = { assetLinks: assetLinksOf(request), ...(idShort === undefined ? {} : { idShort }) };
        response.json(pageBody(storage.shells.list(pageRequest(request, limits), filter)));
      },
      post: (request, response) => {
        const shell = checkModel(jsonBody(request), 'AssetAdministrationShell');
        const id = String(shell['id']);
        storage.write(() => {
          if (storage.shells.get(id) !== undefined) {
            throw new CodedError('E_ALREADY_EXISTS', `there already is a shell ${id}`);
          }
          storage.putShell({ modelType: 'AssetAdministrationShell', ...shell });
        });
        response
          .status(201)
          .location(locationBelow(request, encodeIdentifier(id)))
          .json(requireShell(id));
      },
    },
    '/shells/:aasIdentifier': {
      get: (request, response) => {
        response.json(requireShell(identifier(request, 'aasIdentifier')));
      },
      put: (request, response) => {
        const id = identifier(request, 'aasIdentifier');
        const shell = checkModel(jsonBody(request), 'AssetAdministrationShell');
        if (shell['id'] !== id)
          throw new CodedError('E_INVALID_INPUT', `the shell must have the id ${id} of its path`);
        const created = storage.write(() =>
          storage.putShell({ modelType: 'AssetAdministrationShell', ...shell }),
        );
        if (created) response.status(201).location(request.originalUrl).json(requireShell(id));
        else response.status(204).end();
      },
      delete: (request, response) => {
        const id = identifier(request, 'aasIdentifier');
        const removed = storage.write(() => storage.removeShell(id));
        if (!removed) throw new CodedError('E_AAS_NOT_FOUND', `there is no shell ${id}`);
        response.status(204).end();
      },
    },
    '/shells/:aasIdentifier/asset-information': {
      get: (request, response) => {
        response.json(requireShell(identifier(request, 'aasIdentifier'))['assetInformation']);
      },
      put: notBuilt,
    },
    '/shells/:aasIdentifier/submodel-refs': {
      get: (request, response) => {
        const shell = storage.shells.require(identifier(request, 'aasIdentifier'));
        response.json(pageBody(storage.shells.references(shell, pageRequest(request, limits))));
      },
      post: (request, response) => {
        const id = identifier(request, 'aasIdentifier');
        // Checked just here.
        const reference = checkModel(jsonBody(request), 'Reference') as unknown as Reference;
        storage.write(() => storage.shells.addReference(storage.shells.require(id), reference));
        const part = encodeIdentifier(reference.keys[0]?.value ?? '');
        response.status(201).location(locationBelow(request, part)).json(reference);
      },
    },
    '/shells/:aasIdentifier/submodel-refs/:submodelIdentifier': {
      delete: (request, response) => {
        const id = identifier(request, 'aasIdentifier');
        const submodelId = identifier(request, 'submodelIdentifier');
        storage.write(() => storage.shells.removeReference(storage.shells.require(id), submodelId));
        response.status(204).end();
      },
    },
  };
}

/** The superpath: a submodel below a shell is served only if the shell refers to it. */
export function requireReference(storage: AasStorage): RequestHandler {
  return (request, _response, next) => {
    const shellId = identifier(request, 'aasIdentifier');
    const submodelId = identifier(request, 'submodelIdentifier');
    if (!storage.shells.refersTo(storage.shells.require(shellId), submodelId)) {
      throw new CodedError(
        'E_AAS_NOT_FOUND',
        `the shell ${shellId} does not refer to a submodel ${submodelId}`,
      );
    }
    next();
  };
}
