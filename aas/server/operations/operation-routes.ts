import type { Request, RequestHandler, Response } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { parseIdShortPath } from '../../id-short-path.ts';
import { decodeIdentifier, encodeIdentifier } from '../../identifier-encoding.ts';
import { identifier, pathValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { parseRow } from '../storage/element-rows.ts';
import { resultBody, statusBody } from './operation-bodies.ts';
import type { OperationCall, OperationProgress, OperationRunner } from './operation-runner.ts';
import { type ArgumentForm, readOperationRequest } from './read-operation-request.ts';

const ELEMENT = '/submodel-elements/:idShortPath';

/**
 * Invoking the Operations of one submodel, synchronously and asynchronously, with elements or values as arguments
 * (IDTA-01002, Operation invocation). The router that mounts them has the parameter `submodelIdentifier`.
 */
export function operationRoutes(storage: AasStorage, runner: OperationRunner): RouteTable {
  const invoke =
    (form: ArgumentForm): RequestHandler =>
    async (request, response) => {
      const outcome = await runner.run(callOf(storage, request, form));
      response.json(resultBody({ ended: true, outcome }, form));
    };
  const invokeAsync =
    (form: ArgumentForm): RequestHandler =>
    async (request, response) => {
      const handle = await runner.start(callOf(storage, request, form));
      response
        .status(202)
        .location(locationOf(request, 'operation-status', handle))
        .end();
    };
  const results =
    (form: ArgumentForm): RequestHandler =>
    async (request, response) => {
      const { progress } = await progressOf(storage, runner, request);
      response.json(resultBody(progress, form));
    };
  return {
    [`${ELEMENT}/invoke`]: { post: invoke('normal') },
    [`${ELEMENT}/invoke/$value`]: { post: invoke('value') },
    [`${ELEMENT}/invoke-async`]: { post: invokeAsync('normal') },
    [`${ELEMENT}/invoke-async/$value`]: { post: invokeAsync('value') },
    [`${ELEMENT}/operation-status/:handleId`]: {
      get: async (request, response: Response) => {
        const { progress, handle } = await progressOf(storage, runner, request);
        if (progress.ended) {
          response.status(302).location(locationOf(request, 'operation-results', handle));
        }
        response.json(statusBody(progress));
      },
    },
    [`${ELEMENT}/operation-results/:handleId`]: { get: results('normal') },
    [`${ELEMENT}/operation-results/:handleId/$value`]: { get: results('value') },
  };
}

/** The Operation that a request names. @throws CodedError `E_AAS_NOT_FOUND`, `E_AAS_WRONG_METHOD` for another element */
function operationOf(
  storage: AasStorage,
  request: Request,
): Pick<OperationCall, 'submodelId' | 'idShortPath' | 'operation'> {
  const submodelId = identifier(request, 'submodelIdentifier');
  const idShortPath = pathValue(request, 'idShortPath');
  parseIdShortPath(idShortPath);
  const submodel = storage.submodels.require(submodelId);
  const operation = parseRow(storage.elements.requireRow(submodel, idShortPath));
  if (operation['modelType'] !== 'Operation') {
    throw new CodedError(
      'E_AAS_WRONG_METHOD',
      `${idShortPath} is a ${String(operation['modelType'])} and cannot be invoked`,
    );
  }
  return { submodelId, idShortPath, operation };
}

function callOf(storage: AasStorage, request: Request, form: ArgumentForm): OperationCall {
  const target = operationOf(storage, request);
  const body: unknown = request.body;
  return { ...target, ...readOperationRequest(target.operation, body, form) };
}

async function progressOf(
  storage: AasStorage,
  runner: OperationRunner,
  request: Request,
): Promise<{ readonly progress: OperationProgress; readonly handle: string }> {
  const { submodelId, idShortPath } = operationOf(storage, request);
  const handle = decodeIdentifier(pathValue(request, 'handleId'));
  const progress = await runner.progress({ submodelId, idShortPath }, handle);
  if (progress !== undefined) return { progress, handle };
  const message = `the operation ${idShortPath} has no invocation ${handle}, or its result has expired`;
  throw new CodedError('E_AAS_NOT_FOUND', message);
}

/** A path beside the request's, below the same element, with the prefix and superpath that the caller used. */
function locationOf(request: Request, part: string, handle: string): string {
  const path = request.originalUrl.split('?')[0] ?? '';
  const element = path.replace(/\/(invoke-async(\/\$value)?|operation-status\/[^/]*)\/?$/, '');
  return `${element}/${part}/${encodeIdentifier(handle)}`;
}
