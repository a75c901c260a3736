import express, { type RequestHandler } from 'express';
import type { Admission } from '../admission.ts';
import { identifyCaller, requireOperator, requireReader } from './caller.ts';
import { type Addresses, hostGuard } from './host-guard.ts';

/** Guards the AAS by the API's own token: trainers read with their keys, only an operator writes. */
export function aasGuard(admission: Admission, apiToken: string, addresses: () => Addresses): RequestHandler {
  const guard = express.Router();
  guard.use(hostGuard(addresses));
  guard.use(identifyCaller(admission, apiToken));
  guard.use((request, response, next) => {
    const reads =
      request.method === 'GET' || request.method === 'HEAD' || request.path.startsWith('/lookup/');
    (reads ? requireReader : requireOperator)(request, response, next);
  });
  return guard;
}
