import express, { type Router } from 'express';
import { MachineTrust } from '../../machine-trust.ts';
import { requireOperator, requireReader } from '../caller.ts';
import { parameter } from '../parameter.ts';
import type { Services } from '../services.ts';

/** Certificates of machines, operations of the tag `participants`. */
export function certificateRoutes({ store }: Services): Router {
  const trust = new MachineTrust(store);
  const router = express.Router();
  router.get('/api/certificates', requireReader, (request, response) => {
    const { pool } = request.query;
    response.json(trust.list(typeof pool === 'string' ? pool : undefined));
  });
  router.put('/api/pools/:poolId/certificates/:sha256/decision', requireOperator, (request, response) => {
    response.json(trust.decide(parameter(request, 'poolId'), parameter(request, 'sha256'), request.body));
  });
  return router;
}
