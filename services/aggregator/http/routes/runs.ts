import express, { type Router } from 'express';
import type { RunCommand } from '../../runs/run-driver.ts';
import { requireOperator, requireReader } from '../caller.ts';
import { parameter } from '../parameter.ts';
import type { Services } from '../services.ts';

/** Operations of the tag `runs`. */
export function runRoutes({ api, runs, events, snapshot }: Services): Router {
  const router = express.Router();
  router.get('/api/runs', requireReader, (request, response) => {
    const { federation } = request.query;
    response.json(api.runsAll(typeof federation === 'string' ? federation : undefined));
  });
  router.get('/api/runs/:runId', requireReader, (request, response) => {
    response.json(api.run(parameter(request, 'runId')));
  });
  router.post('/api/runs/:runId/:command', requireOperator, async (request, response, next) => {
    const runId = parameter(request, 'runId');
    const command = parameter(request, 'command');
    if (!isCommand(command)) {
      next();
      return;
    }
    await runs.command(runId, command);
    response.json(api.run(runId));
  });
  router.get('/api/events', requireReader, (_request, response) => {
    events.add(response, snapshot());
  });
  return router;
}

function isCommand(text: string | undefined): text is RunCommand {
  return text === 'pause' || text === 'resume' || text === 'stop';
}
