import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { submodelReference } from '../../references.ts';
import { identifier } from '../http/request-values.ts';
import { guarded, type RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { putSubmodel } from './submodel-routes.ts';

/**
 * The superpath: a submodel below a shell is served only if the shell refers to it. PUT of one to which it does not
 * creates the submodel, or takes the one that is there, and makes the shell refer to it; the answer is the reference,
 * as the specification has it.
 * @param submodel routes of one submodel
 */
export function superpathRoutes(storage: AasStorage, submodel: RouteTable): RouteTable {
  const { shells } = storage;
  const refers = (request: Request) =>
    shells.refersTo(
      shells.require(identifier(request, 'aasIdentifier')),
      identifier(request, 'submodelIdentifier'),
    );
  const requireReference = (request: Request) => {
    if (refers(request)) return;
    const [shellId, submodelId] = [
      identifier(request, 'aasIdentifier'),
      identifier(request, 'submodelIdentifier'),
    ];
    throw new CodedError(
      'E_AAS_NOT_FOUND',
      `the shell ${shellId} does not refer to a submodel ${submodelId}`,
    );
  };
  const routes = guarded(submodel, requireReference);
  return {
    ...routes,
    '/': {
      ...routes['/'],
      put: async (request, response) => {
        const shellId = identifier(request, 'aasIdentifier');
        const submodelId = identifier(request, 'submodelIdentifier');
        shells.require(shellId);
        let referred = true;
        const created = await putSubmodel(storage, request, () => {
          referred = refers(request);
          if (referred) return;
          shells.addReference(shells.require(shellId), submodelReference(submodelId));
          storage.changes.note({ kind: 'updated', cause: 'put', thing: 'shell', id: shellId });
        });
        if (created || !referred) {
          response.status(201).location(request.originalUrl).json(submodelReference(submodelId));
        } else response.status(204).end();
      },
    },
  };
}
