import express, { type Router } from 'express';
import { requireOperator, requireReader } from '../caller.ts';
import { parameter } from '../parameter.ts';
import type { Services } from '../services.ts';

/** Operations of the tag `participants`. */
export function participantRoutes({ api, admission }: Services): Router {
  const router = express.Router();
  router.get('/api/participants', requireReader, (_request, response) => {
    response.json(api.participantsAll());
  });
  router.get('/api/participants/:participantId', requireReader, (request, response) => {
    response.json(api.participant(parameter(request, 'participantId')));
  });
  router.delete('/api/participants/:participantId', requireOperator, (request, response) => {
    api.removeParticipant(parameter(request, 'participantId'));
    response.status(204).end();
  });
  router.get('/api/proposals', requireReader, (_request, response) => {
    response.json(admission.proposals.list());
  });
  router.put('/api/proposals/:participantId/approval', requireOperator, (request, response) => {
    response.json(admission.proposals.approve(parameter(request, 'participantId'), request.body));
  });
  return router;
}
