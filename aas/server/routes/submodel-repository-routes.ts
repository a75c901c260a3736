import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { encodeIdentifier } from '../../identifier-encoding.ts';
import type { JsonObject } from '../../model.ts';
import { submodelReference } from '../../references.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import {
  jsonBody,
  levelOf,
  locationBelow,
  queryValue,
  referenceValue,
  refuseModifiers,
  withBlobValue,
} from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import { metadataOf } from '../metadata-only.ts';
import { shownElement } from '../shown-element.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { SubmodelFilter } from '../storage/submodel-store.ts';
import { valuesByIdShort } from '../value-only.ts';
import { pageOfPaths } from './path-pages.ts';

/** The submodel repository's list, in all its forms; what is below one submodel stands in submodel-routes.ts. */
export function submodelRepositoryRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const { submodels } = storage;
  const page = (request: Request) =>
    submodels.list(pageRequest(request, limits), filterOf(request), levelOf(request));
  const pageOfOwn = (request: Request) => submodels.listOwn(pageRequest(request, limits), filterOf(request));
  return {
    '/submodels': {
      get: (request, response) => {
        const withBlobs = withBlobValue(request);
        const found = page(request);
        response.json(
          pageBody({ ...found, items: found.items.map((item) => shownElement(item, withBlobs)) }),
        );
      },
      post: async (request, response) => {
        refuseModifiers(request, [], 'refused');
        const submodel = checkModel(jsonBody(request), 'Submodel');
        const id = String(submodel['id']);
        await storage.writeTogether(() => {
          if (submodels.find(id) !== undefined) {
            throw new CodedError('E_ALREADY_EXISTS', `there already is a submodel ${id}`);
          }
          storage.putSubmodel({ modelType: 'Submodel', ...submodel }, 'post');
        });
        response
          .status(201)
          .location(locationBelow(request, encodeIdentifier(id)))
          .json(submodels.get(id));
      },
    },
    '/submodels/$metadata': {
      get: (request, response) => {
        refuseModifiers(request);
        const found = pageOfOwn(request);
        response.json(pageBody({ ...found, items: found.items.map(metadataOf) }));
      },
    },
    '/submodels/$value': {
      get: (request, response) => {
        const withBlobs = withBlobValue(request);
        const found = page(request);
        const items = found.items.map((submodel) => valuesByIdShort(elementsOf(submodel), withBlobs));
        response.json(pageBody({ ...found, items }));
      },
    },
    '/submodels/$reference': {
      get: (request, response) => {
        refuseModifiers(request, ['core']);
        const found = pageOfOwn(request);
        const items = found.items.map((submodel) => submodelReference(String(submodel['id'])));
        response.json(pageBody({ ...found, items }));
      },
    },
    '/submodels/$path': {
      get: (request, response) => {
        response.json(pageOfPaths(storage, request, limits, filterOf(request)));
      },
    },
  };
}

function elementsOf(submodel: JsonObject): readonly JsonObject[] {
  // A submodel's elements are elements.
  return (submodel['submodelElements'] ?? []) as readonly JsonObject[];
}

function filterOf(request: Request): SubmodelFilter {
  const idShort = queryValue(request, 'idShort');
  const semanticId = referenceValue(request, 'semanticId');
  return {
    ...(idShort === undefined ? {} : { idShort }),
    ...(semanticId === undefined ? {} : { semanticId }),
  };
}
