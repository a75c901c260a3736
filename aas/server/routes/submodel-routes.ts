import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { submodelReference } from '../../references.ts';
import { pathsBelow } from '../element-references.ts';
import { identifier, jsonBody, levelOf, withBlobValue } from '../http/request-values.ts';
import { notBuilt, type RouteTable } from '../http/route-table.ts';
import { metadataOf } from '../metadata-only.ts';
import { patchValues } from '../patch-value.ts';
import { shownElement } from '../shown-element.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { valuesByIdShort } from '../value-only.ts';

/** One submodel as a whole. */
export function submodelRoutes(storage: AasStorage): RouteTable {
  const { submodels, elements } = storage;
  return {
    '/': {
      get: (request, response) => {
        const submodel = submodels.get(identifier(request, 'submodelIdentifier'), levelOf(request));
        response.json(shownElement(submodel, withBlobValue(request)));
      },
      put: (request, response) => {
        const id = identifier(request, 'submodelIdentifier');
        const submodel = checkModel(jsonBody(request), 'Submodel');
        if (submodel['id'] !== id) {
          throw new CodedError('E_INVALID_INPUT', `the submodel must have the id ${id} of its path`);
        }
        const created = storage.write(() => storage.putSubmodel({ modelType: 'Submodel', ...submodel }));
        if (created) response.status(201).location(request.originalUrl).json(submodels.get(id));
        else response.status(204).end();
      },
      patch: notBuilt,
      delete: (request, response) => {
        const id = identifier(request, 'submodelIdentifier');
        storage.write(() => {
          if (!storage.removeSubmodel(id))
            throw new CodedError('E_AAS_NOT_FOUND', `there is no submodel ${id}`);
          // Below a shell, the submodel is taken out of the shell as well (IDTA-01002, DeleteSubmodelById).
          if (request.params['aasIdentifier'] !== undefined) {
            const shell = storage.shells.require(identifier(request, 'aasIdentifier'));
            storage.shells.removeReference(shell, id);
          }
        });
        response.status(204).end();
      },
    },
    '/$metadata': {
      get: (request, response) => {
        response.json(metadataOf(submodels.get(identifier(request, 'submodelIdentifier'), 'core')));
      },
      patch: notBuilt,
    },
    '/$value': {
      get: (request, response) => {
        const seq = submodels.require(identifier(request, 'submodelIdentifier'));
        response.json(valuesByIdShort(elements.top(seq, levelOf(request)), withBlobValue(request)));
      },
      patch: (request, response) => {
        const id = identifier(request, 'submodelIdentifier');
        const values = jsonBody(request);
        storage.write(() => patchValues(elements, submodels.require(id), '', values));
        response.status(204).end();
      },
    },
    '/$reference': {
      get: (request, response) => {
        const id = identifier(request, 'submodelIdentifier');
        submodels.require(id);
        response.json(submodelReference(id));
      },
    },
    '/$path': {
      get: (request, response) => {
        const seq = submodels.require(identifier(request, 'submodelIdentifier'));
        response.json(pathsBelow(elements, seq, '', levelOf(request) === 'deep'));
      },
    },
  };
}
