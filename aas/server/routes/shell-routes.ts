import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { encodeIdentifier } from '../../identifier-encoding.ts';
import type { JsonObject, Reference } from '../../model.ts';
import { shellReference } from '../../references.ts';
import { answerTagged, checkPrecondition } from '../http/etag.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { identifier, jsonBody, locationBelow } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';

/** One shell, with its asset information and its references to submodels. */
export function shellRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const { shells, changes } = storage;
  const idOf = (request: Request) => identifier(request, 'aasIdentifier');
  const requireShell = (id: string): JsonObject => {
    const shell = shells.get(id);
    if (shell === undefined) throw new CodedError('E_AAS_NOT_FOUND', `there is no shell ${id}`);
    return shell;
  };
  const precondition = (request: Request, id: string) => {
    checkPrecondition(request, () => {
      const shell = shells.get(id);
      return shell === undefined ? undefined : JSON.stringify(shell);
    });
  };
  return {
    '/': {
      get: (request, response) => {
        answerTagged(response, JSON.stringify(requireShell(idOf(request))));
      },
      put: async (request, response) => {
        const id = idOf(request);
        const shell = checkModel(jsonBody(request), 'AssetAdministrationShell');
        if (shell['id'] !== id)
          throw new CodedError('E_INVALID_INPUT', `the shell must have the id ${id} of its path`);
        const created = await storage.writeTogether(() => {
          precondition(request, id);
          return storage.putShell({ modelType: 'AssetAdministrationShell', ...shell });
        });
        if (created) response.status(201).location(request.originalUrl).json(requireShell(id));
        else response.status(204).end();
      },
      delete: async (request, response) => {
        const id = idOf(request);
        await storage.writeTogether(() => {
          precondition(request, id);
          if (!storage.removeShell(id)) throw new CodedError('E_AAS_NOT_FOUND', `there is no shell ${id}`);
        });
        response.status(204).end();
      },
    },
    '/$reference': {
      get: (request, response) => {
        const id = idOf(request);
        shells.require(id);
        response.json(shellReference(id));
      },
    },
    '/asset-information': {
      get: (request, response) => {
        answerTagged(response, JSON.stringify(requireShell(idOf(request))['assetInformation']));
      },
      put: async (request, response) => {
        const assetInformation = checkModel(jsonBody(request), 'AssetInformation');
        await storage.writeTogether(() => {
          const shell = requireShell(idOf(request));
          checkPrecondition(request, () => JSON.stringify(shell['assetInformation']));
          storage.putShell({ ...shell, assetInformation });
        });
        response.status(204).end();
      },
    },
    '/submodel-refs': {
      get: (request, response) => {
        const shell = shells.require(idOf(request));
        response.json(pageBody(shells.references(shell, pageRequest(request, limits))));
      },
      post: async (request, response) => {
        const id = idOf(request);
        // Checked just here.
        const reference = checkModel(jsonBody(request), 'Reference') as unknown as Reference;
        await storage.writeTogether(() => {
          shells.addReference(shells.require(id), reference);
          changes.note({ kind: 'updated', cause: 'post', thing: 'shell', id });
        });
        const part = encodeIdentifier(reference.keys[0]?.value ?? '');
        response.status(201).location(locationBelow(request, part)).json(reference);
      },
    },
    '/submodel-refs/:submodelIdentifier': {
      delete: async (request, response) => {
        const id = idOf(request);
        const submodelId = identifier(request, 'submodelIdentifier');
        await storage.writeTogether(() => {
          shells.removeReference(shells.require(id), submodelId);
          changes.note({ kind: 'updated', cause: 'delete', thing: 'shell', id });
        });
        response.status(204).end();
      },
    },
  };
}
