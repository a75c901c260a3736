import express, { type Router } from 'express';
import { askFeedback } from '../../commands/ask-feedback.ts';
import { requireOperator, requireReader } from '../caller.ts';
import { parameter } from '../parameter.ts';
import type { Services } from '../services.ts';

/** Operations of the tag `participants`. */
export function participantRoutes({ api, admission, commands, publisher }: Services): Router {
  const router = express.Router();
  router.get('/api/participants', requireReader, (_request, response) => {
    response.json(api.participantsAll());
  });
  router.get('/api/participants/:participantId', requireReader, (request, response) => {
    response.json(api.participant(parameter(request, 'participantId')));
  });
  router.post('/api/participants/:participantId/feedback', requireOperator, async (request, response) => {
    const { id } = api.participant(parameter(request, 'participantId'));
    response.json(await askFeedback({ commands, ids: publisher.ids }, id, request.body));
  });
  router.get('/api/participants/:participantId/gaps', requireReader, (request, response) => {
    response.json(api.gapsOf(parameter(request, 'participantId')));
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
