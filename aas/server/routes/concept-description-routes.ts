import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { encodeIdentifier } from '../../identifier-encoding.ts';
import { answerTagged, checkPrecondition } from '../http/etag.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { identifier, jsonBody, locationBelow, queryValue, referenceValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';

/** The concept description repository. */
export function conceptDescriptionRoutes(storage: AasStorage, limits: PageLimits): RouteTable {
  const { conceptDescriptions } = storage;
  const modelType = 'ConceptDescription';
  const precondition = (request: Request, id: string) => {
    checkPrecondition(request, () => {
      const concept = conceptDescriptions.get(id);
      return concept === undefined ? undefined : JSON.stringify(concept);
    });
  };
  const notFound = (id: string) => new CodedError('E_AAS_NOT_FOUND', `there is no concept description ${id}`);
  return {
    '/concept-descriptions': {
      get: (request, response) => {
        const idShort = queryValue(request, 'idShort');
        const isCaseOf = referenceValue(request, 'isCaseOf');
        const dataSpecification = referenceValue(request, 'dataSpecificationRef');
        const filter = {
          ...(idShort === undefined ? {} : { idShort }),
          ...(isCaseOf === undefined ? {} : { isCaseOf }),
          ...(dataSpecification === undefined ? {} : { dataSpecification }),
        };
        response.json(pageBody(conceptDescriptions.list(pageRequest(request, limits), filter)));
      },
      post: async (request, response) => {
        const concept = { modelType, ...checkModel(jsonBody(request), modelType) };
        const id = String((concept as { id?: unknown }).id);
        await storage.writeTogether(() => {
          if (conceptDescriptions.get(id) !== undefined) {
            throw new CodedError('E_ALREADY_EXISTS', `there already is a concept description ${id}`);
          }
          storage.putConceptDescription(concept, 'post');
        });
        response
          .status(201)
          .location(locationBelow(request, encodeIdentifier(id)))
          .json(concept);
      },
    },
    '/concept-descriptions/:cdIdentifier': {
      get: (request, response) => {
        const id = identifier(request, 'cdIdentifier');
        const concept = conceptDescriptions.get(id);
        if (concept === undefined) throw notFound(id);
        answerTagged(response, JSON.stringify(concept));
      },
      put: async (request, response) => {
        const id = identifier(request, 'cdIdentifier');
        const concept = { modelType, ...checkModel(jsonBody(request), modelType) };
        if ((concept as { id?: unknown }).id !== id) {
          throw new CodedError(
            'E_INVALID_INPUT',
            `the concept description must have the id ${id} of its path`,
          );
        }
        const created = await storage.writeTogether(() => {
          precondition(request, id);
          return storage.putConceptDescription(concept);
        });
        if (created) response.status(201).location(request.originalUrl).json(concept);
        else response.status(204).end();
      },
      delete: async (request, response) => {
        const id = identifier(request, 'cdIdentifier');
        await storage.writeTogether(() => {
          precondition(request, id);
          if (!storage.removeConceptDescription(id)) throw notFound(id);
        });
        response.status(204).end();
      },
    },
  };
}
