import { BlockList, isIPv6 } from 'node:net';
import express, { type Request, type Router } from 'express';
import { decodeIdentifier } from '../../../../aas/identifier-encoding.ts';
import type { JsonObject } from '../../../../aas/model.ts';
import { readOperationRequest } from '../../../../aas/server/operations/read-operation-request.ts';
import { CodedError } from '../../../../runtime/errors.ts';
import { findCommandTarget } from '../../commands/command-target.ts';
import type { Services } from '../services.ts';

/**
 * The way back of `invocationDelegation`: an outside repository that was asked for an operation of its copy of our
 * Commands posts the arguments here. Off unless the settings list callers, since such a server shows no credentials.
 */
export function delegationRoutes(services: Services): Router {
  const { delegationCallers, commands } = services;
  const router = express.Router();
  if (delegationCallers.length === 0) return router;
  const callers = new BlockList();
  for (const caller of delegationCallers) callers.addAddress(caller, isIPv6(caller) ? 'ipv6' : 'ipv4');
  router.post('/operations/:name', async (request, response) => {
    const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    if (!callers.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) {
      throw new CodedError('E_FORBIDDEN', `${address} is none of delegationCallers in the settings`);
    }
    const variables: unknown = request.body;
    if (!Array.isArray(variables)) {
      throw new CodedError('E_INVALID_INPUT', 'the body must be a list of OperationVariable');
    }
    const { submodelId, operation } = operationOf(services, request);
    const { inputArguments } = readOperationRequest(operation, { inputArguments: variables }, 'normal');
    const outcome = await commands.run({
      submodelId,
      idShortPath: request.params.name,
      operation,
      inputArguments,
      inoutputArguments: [],
    });
    if (outcome.executionState !== 'Completed') {
      const why = outcome.messages?.map(({ text }) => text).join('; ') ?? outcome.executionState;
      throw new CodedError('E_AAS_REQUEST', `${request.params.name} did not complete: ${why}`);
    }
    response.json(outcome.outputArguments ?? []);
  });
  return router;
}

function operationOf(
  { store, participants, publisher }: Services,
  request: Request<{ name: string }>,
): { readonly submodelId: string; readonly operation: JsonObject } {
  const encoded = request.query['submodel'];
  if (typeof encoded !== 'string') {
    throw new CodedError('E_INVALID_INPUT', 'the query must name the submodel, base64url');
  }
  const submodelId = decodeIdentifier(encoded);
  const target = findCommandTarget(submodelId, { ids: publisher.ids, store, participants });
  if (target !== undefined) {
    const name =
      target.kind === 'federation' ? `federation:${target.federation}` : `participant:${target.participant}`;
    const submodel = publisher.build(name).submodels?.find(({ id }) => id === submodelId);
    // Our own builders' types are a part of the metamodel's JSON.
    const elements = (submodel?.submodelElements ?? []) as unknown as readonly JsonObject[];
    const operation = elements.find(
      ({ idShort, modelType }) => idShort === request.params.name && modelType === 'Operation',
    );
    if (operation !== undefined) return { submodelId, operation };
  }
  throw new CodedError(
    'E_NOT_FOUND',
    `no submodel ${submodelId} of ours has an operation ${request.params.name}`,
  );
}
