import type { Request, Response } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { decodeIdentifier, encodeIdentifier } from '../../identifier-encoding.ts';
import type { ShellDescriptor, SubmodelDescriptor } from '../../model.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { identifier, jsonBody, locationBelow, queryValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { SUBMODEL_REGISTRY } from '../storage/descriptor-store.ts';

/** The AAS registry and the submodel registry. */
export function registryRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const { descriptors } = storage;
  const submodels = (owner: (request: Request) => string) => submodelDescriptorRoutes(storage, limits, owner);
  const registry = submodels(() => SUBMODEL_REGISTRY);
  const nested = submodels((request) => identifier(request, 'aasIdentifier'));
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
      post: (request, response) => {
        const descriptor = shellDescriptor(request);
        storage.write(() => {
          if (descriptors.isWritten(descriptor.id)) {
            throw new CodedError(
              'E_ALREADY_EXISTS',
              `there already is a descriptor of the shell ${descriptor.id}`,
            );
          }
          descriptors.putShell(descriptor);
        });
        response.status(201).location(locationBelow(request, encodeIdentifier(descriptor.id)));
        response.json(descriptors.getShell(descriptor.id));
      },
    },
    '/shell-descriptors/:aasIdentifier': {
      get: (request, response) => {
        response.json(descriptors.getShell(identifier(request, 'aasIdentifier')));
      },
      put: (request, response) => {
        const descriptor = shellDescriptor(request);
        requireId(descriptor.id, identifier(request, 'aasIdentifier'));
        const created = storage.write(() => descriptors.putShell(descriptor));
        answerPut(request, response, created, () => descriptors.getShell(descriptor.id));
      },
      delete: (request, response) => {
        const id = identifier(request, 'aasIdentifier');
        storage.write(() => descriptors.removeShell(id));
        response.status(204).end();
      },
    },
    '/shell-descriptors/:aasIdentifier/submodel-descriptors': nested.all,
    '/shell-descriptors/:aasIdentifier/submodel-descriptors/:submodelIdentifier': nested.one,
    '/submodel-descriptors': registry.all,
    '/submodel-descriptors/:submodelIdentifier': registry.one,
  };
}

/** @param owner whose entries a request is about: a shell descriptor's, or the submodel registry's. */
function submodelDescriptorRoutes(
  storage: AasStorage,
  limits: PageLimits,
  owner: (request: Request) => string,
) {
  const { descriptors } = storage;
  return {
    all: {
      get: (request: Request, response: Response) => {
        response.json(pageBody(descriptors.listSubmodels(owner(request), pageRequest(request, limits))));
      },
      post: (request: Request, response: Response) => {
        const descriptor = submodelDescriptor(request);
        storage.write(() => {
          if (descriptors.isWritten(descriptor.id, owner(request))) {
            throw new CodedError(
              'E_ALREADY_EXISTS',
              `there already is a descriptor of the submodel ${descriptor.id}`,
            );
          }
          descriptors.putSubmodel(owner(request), descriptor);
        });
        response.status(201).location(locationBelow(request, encodeIdentifier(descriptor.id)));
        response.json(descriptors.getSubmodel(owner(request), descriptor.id));
      },
    },
    one: {
      get: (request: Request, response: Response) => {
        response.json(descriptors.getSubmodel(owner(request), identifier(request, 'submodelIdentifier')));
      },
      put: (request: Request, response: Response) => {
        const descriptor = submodelDescriptor(request);
        requireId(descriptor.id, identifier(request, 'submodelIdentifier'));
        const created = storage.write(() => descriptors.putSubmodel(owner(request), descriptor));
        answerPut(request, response, created, () => descriptors.getSubmodel(owner(request), descriptor.id));
      },
      delete: (request: Request, response: Response) => {
        const id = identifier(request, 'submodelIdentifier');
        storage.write(() => descriptors.removeSubmodel(owner(request), id));
        response.status(204).end();
      },
    },
  };
}

function shellDescriptor(request: Request): ShellDescriptor {
  // Checked just here.
  return checkModel(jsonBody(request), 'ShellDescriptor') as unknown as ShellDescriptor;
}

function submodelDescriptor(request: Request): SubmodelDescriptor {
  // Checked just here.
  return checkModel(jsonBody(request), 'SubmodelDescriptor') as unknown as SubmodelDescriptor;
}

function requireId(found: string, expected: string): void {
  if (found !== expected) {
    throw new CodedError('E_INVALID_INPUT', `the descriptor must have the id ${expected} of its path`);
  }
}

function answerPut(request: Request, response: Response, created: boolean, body: () => unknown): void {
  if (created) response.status(201).location(request.originalUrl).json(body());
  else response.status(204).end();
}
