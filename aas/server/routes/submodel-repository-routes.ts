import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { decodeIdentifier, encodeIdentifier } from '../../identifier-encoding.ts';
import type { Reference } from '../../model.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { jsonBody, levelOf, locationBelow, queryValue, withBlobValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import { shownElement } from '../shown-element.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { SubmodelFilter } from '../storage/submodel-store.ts';

/** The submodel repository's list; what is below one submodel stands in submodel-router.ts. */
export function submodelRepositoryRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  return {
    '/submodels': {
      get: (request, response) => {
        const withBlobs = withBlobValue(request);
        const page = storage.submodels.list(
          pageRequest(request, limits),
          filterOf(request),
          levelOf(request),
        );
        response.json(pageBody({ ...page, items: page.items.map((item) => shownElement(item, withBlobs)) }));
      },
      post: (request, response) => {
        const submodel = checkModel(jsonBody(request), 'Submodel');
        const id = String(submodel['id']);
        storage.write(() => {
          if (storage.submodels.find(id) !== undefined) {
            throw new CodedError('E_ALREADY_EXISTS', `there already is a submodel ${id}`);
          }
          storage.putSubmodel({ modelType: 'Submodel', ...submodel });
        });
        response
          .status(201)
          .location(locationBelow(request, encodeIdentifier(id)))
          .json(storage.submodels.get(id));
      },
    },
  };
}

function filterOf(request: Request): SubmodelFilter {
  const idShort = queryValue(request, 'idShort');
  const semanticId = queryValue(request, 'semanticId');
  return {
    ...(idShort === undefined ? {} : { idShort }),
    ...(semanticId === undefined ? {} : { semanticId: readReference(decodeIdentifier(semanticId)) }),
  };
}

function readReference(text: string): Reference {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', 'semanticId must be base64url of a JSON Reference', { cause });
  }
  // Checked just here.
  return checkModel(json, 'Reference') as unknown as Reference;
}
