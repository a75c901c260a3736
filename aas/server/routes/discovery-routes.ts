import { CodedError } from '../../../runtime/errors.ts';
import { assetLinksOf, checkAssetLinks } from '../http/asset-links.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { identifier, jsonBody } from '../http/request-values.ts';
import { notBuilt, type RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { AssetLink } from '../storage/shell-store.ts';

/** Discovery: ids of shells by what is known of their asset; all links given must match. */
export function discoveryRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const required = (assetLinks: readonly AssetLink[]) => {
    if (assetLinks.length === 0) throw new CodedError('E_INVALID_INPUT', 'at least one asset link is needed');
    return { assetLinks };
  };
  return {
    '/lookup/shellsByAssetLink': {
      post: (request, response) => {
        const filter = required(checkAssetLinks(jsonBody(request)));
        response.json(pageBody(storage.shells.listIds(pageRequest(request, limits), filter)));
      },
    },
    '/lookup/shells': {
      get: (request, response) => {
        const filter = required(assetLinksOf(request));
        response.json(pageBody(storage.shells.listIds(pageRequest(request, limits), filter)));
      },
    },
    '/lookup/shells/:aasIdentifier': {
      get: (request, response) => {
        const shell = storage.shells.get(identifier(request, 'aasIdentifier'));
        if (shell === undefined)
          throw new CodedError('E_AAS_NOT_FOUND', 'no asset links are known of that shell');
        response.json(storage.shells.assetLinks(shell));
      },
      post: notBuilt,
      delete: notBuilt,
    },
  };
}
