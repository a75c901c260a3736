import { CodedError } from '../../../runtime/errors.ts';
import { assetLinksOf, checkAssetLinks } from '../http/asset-links.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { identifier, jsonBody } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { AssetLink } from '../storage/asset-link.ts';

/** Discovery: ids of shells by what is known of their asset; all links given must match. */
export function discoveryRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const { discovery, changes } = storage;
  const required = (links: readonly AssetLink[]) => {
    if (links.length === 0) throw new CodedError('E_INVALID_INPUT', 'at least one asset link is needed');
    return links;
  };
  return {
    '/lookup/shellsByAssetLink': {
      post: (request, response) => {
        const links = required(checkAssetLinks(jsonBody(request)));
        response.json(pageBody(discovery.listIds(pageRequest(request, limits), links)));
      },
    },
    '/lookup/shells': {
      get: (request, response) => {
        const links = required(assetLinksOf(request));
        response.json(pageBody(discovery.listIds(pageRequest(request, limits), links)));
      },
    },
    '/lookup/shells/:aasIdentifier': {
      get: (request, response) => {
        response.json(discovery.links(identifier(request, 'aasIdentifier')));
      },
      // It replaces all links, and the shell may be anybody's: neither 404 nor 409 can arise.
      post: async (request, response) => {
        const id = identifier(request, 'aasIdentifier');
        const links = checkAssetLinks(jsonBody(request));
        await storage.writeTogether(() => {
          const kind = discovery.has(id) ? 'updated' : 'created';
          discovery.write(id, links);
          changes.note({ kind, cause: 'post', thing: 'asset-links', id });
        });
        response.status(201).location(request.originalUrl).json(links);
      },
      delete: async (request, response) => {
        const id = identifier(request, 'aasIdentifier');
        await storage.writeTogether(() => {
          discovery.remove(id);
          changes.note({ kind: 'deleted', cause: 'delete', thing: 'asset-links', id });
        });
        response.status(204).end();
      },
    },
  };
}
