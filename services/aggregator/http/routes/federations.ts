import express, { type Router } from 'express';
import { requireOperator, requireReader } from '../caller.ts';
import { parameter } from '../parameter.ts';
import type { Services } from '../services.ts';

/** Operations of the tag `federations`, and `startRun`, whose path is a federation's. */
export function federationRoutes({ api, runs }: Services): Router {
  const router = express.Router();
  router.get('/api/federations', requireReader, (_request, response) => {
    response.json(api.federations());
  });
  router.post('/api/federations', requireOperator, (request, response) => {
    response.status(201).json(api.createFederation(request.body));
  });
  router.get('/api/federations/:federationId', requireReader, (request, response) => {
    response.json(api.federation(parameter(request, 'federationId')));
  });
  router.post('/api/federations/:federationId/tokens', requireOperator, (request, response) => {
    response.status(201).json(api.createJoinToken(parameter(request, 'federationId')));
  });
  router.post('/api/federations/:federationId/participants', requireOperator, (request, response) => {
    response.json(api.admit(parameter(request, 'federationId'), request.body.participants));
  });
  router.get('/api/profiles', requireReader, (_request, response) => {
    response.json(api.profiles());
  });
  router.post('/api/federations/:federationId/runs', requireOperator, async (request, response) => {
    const id = await runs.start(parameter(request, 'federationId'), request.body ?? {});
    response.status(201).json(api.run(id));
  });
  return router;
}
