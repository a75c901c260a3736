import type { Request, Response } from 'express';
import { decodeIdentifier, encodeIdentifier } from '../../identifier-encoding.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { identifier, jsonBody, locationBelow, queryValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import { checkShellDescriptor, checkSubmodelDescriptor } from '../registry/check-descriptor.ts';
import { RegistryWriter } from '../registry/registry-writer.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { SUBMODEL_REGISTRY } from '../storage/descriptor-store.ts';

/** The AAS registry. */
export function shellRegistryRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const { descriptors } = storage;
  const writer = new RegistryWriter(storage);
  const nested = submodelDescriptorRoutes(storage, limits, (request) => identifier(request, 'aasIdentifier'));
  return {
    '/shell-descriptors': {
      get: (request, response) => {
        const assetKind = queryValue(request, 'assetKind');
        const assetType = queryValue(request, 'assetType');
        const filter = {
          ...(assetKind === undefined ? {} : { assetKind }),
          ...(assetType === undefined ? {} : { assetType: decodeIdentifier(assetType) }),
        };
        response.json(pageBody(descriptors.listShells(pageRequest(request, limits), filter)));
      },
      post: async (request, response) => {
        const descriptor = checkShellDescriptor(jsonBody(request));
        await storage.writeTogether(() => writer.createShell(descriptor, 'post'));
        response.status(201).location(locationBelow(request, encodeIdentifier(descriptor.id)));
        response.json(descriptors.getShell(descriptor.id));
      },
    },
    '/shell-descriptors/:aasIdentifier': {
      get: (request, response) => {
        response.json(descriptors.getShell(identifier(request, 'aasIdentifier')));
      },
      put: async (request, response) => {
        const descriptor = checkShellDescriptor(jsonBody(request), identifier(request, 'aasIdentifier'));
        const created = await storage.writeTogether(() => writer.putShell(descriptor, 'put'));
        answerPut(request, response, created, () => descriptors.getShell(descriptor.id));
      },
      delete: async (request, response) => {
        const id = identifier(request, 'aasIdentifier');
        await storage.writeTogether(() => writer.removeShell(id, 'delete'));
        response.status(204).end();
      },
    },
    '/shell-descriptors/:aasIdentifier/submodel-descriptors': nested.all,
    '/shell-descriptors/:aasIdentifier/submodel-descriptors/:submodelIdentifier': nested.one,
  };
}

/** The submodel registry. */
export function submodelRegistryRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const { all, one } = submodelDescriptorRoutes(storage, limits, () => SUBMODEL_REGISTRY);
  return { '/submodel-descriptors': all, '/submodel-descriptors/:submodelIdentifier': one };
}

/** @param owner whose entries a request is about: a shell descriptor's, or the submodel registry's. */
function submodelDescriptorRoutes(
  storage: AasStorage,
  limits: PageLimits,
  owner: (request: Request) => string,
) {
  const { descriptors } = storage;
  const writer = new RegistryWriter(storage);
  return {
    all: {
      get: (request: Request, response: Response) => {
        response.json(pageBody(descriptors.listSubmodels(owner(request), pageRequest(request, limits))));
      },
      post: async (request: Request, response: Response) => {
        const descriptor = checkSubmodelDescriptor(jsonBody(request));
        const inside = owner(request);
        await storage.writeTogether(() => writer.createSubmodel(inside, descriptor, 'post'));
        response.status(201).location(locationBelow(request, encodeIdentifier(descriptor.id)));
        response.json(descriptors.getSubmodel(inside, descriptor.id));
      },
    },
    one: {
      get: (request: Request, response: Response) => {
        response.json(descriptors.getSubmodel(owner(request), identifier(request, 'submodelIdentifier')));
      },
      put: async (request: Request, response: Response) => {
        const id = identifier(request, 'submodelIdentifier');
        const descriptor = checkSubmodelDescriptor(jsonBody(request), id);
        const inside = owner(request);
        const created = await storage.writeTogether(() => writer.putSubmodel(inside, descriptor, 'put'));
        answerPut(request, response, created, () => descriptors.getSubmodel(inside, id));
      },
      delete: async (request: Request, response: Response) => {
        const id = identifier(request, 'submodelIdentifier');
        const inside = owner(request);
        await storage.writeTogether(() => writer.removeSubmodel(inside, id, 'delete'));
        response.status(204).end();
      },
    },
  };
}

function answerPut(request: Request, response: Response, created: boolean, body: () => unknown): void {
  if (created) response.status(201).location(request.originalUrl).json(body());
  else response.status(204).end();
}
