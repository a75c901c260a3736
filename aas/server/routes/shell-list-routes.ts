import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { encodeIdentifier } from '../../identifier-encoding.ts';
import { shellReference } from '../../references.ts';
import { assetLinksOf } from '../http/asset-links.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { jsonBody, locationBelow, queryValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';

/** The AAS repository's list; what is below one shell stands in shell-routes.ts. */
export function shellListRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const page = (request: Request) => {
    const idShort = queryValue(request, 'idShort');
    const filter = { assetLinks: assetLinksOf(request), ...(idShort === undefined ? {} : { idShort }) };
    return storage.shells.list(pageRequest(request, limits), filter);
  };
  return {
    '/shells': {
      get: (request, response) => {
        response.json(pageBody(page(request)));
      },
      post: async (request, response) => {
        const shell = checkModel(jsonBody(request), 'AssetAdministrationShell');
        const id = String(shell['id']);
        await storage.writeTogether(() => {
          if (storage.shells.get(id) !== undefined) {
            throw new CodedError('E_ALREADY_EXISTS', `there already is a shell ${id}`);
          }
          storage.putShell({ modelType: 'AssetAdministrationShell', ...shell }, 'post');
        });
        response
          .status(201)
          .location(locationBelow(request, encodeIdentifier(id)))
          .json(storage.shells.get(id));
      },
    },
    '/shells/$reference': {
      get: (request, response) => {
        const found = page(request);
        response.json(
          pageBody({ ...found, items: found.items.map((shell) => shellReference(String(shell['id']))) }),
        );
      },
    },
  };
}
