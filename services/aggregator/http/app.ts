import express, { type Express } from 'express';
import type { Log } from '../../../runtime/log.ts';
import { identifyCaller } from './caller.ts';
import { consoleFiles } from './console-files.ts';
import { type Addresses, hostGuard } from './host-guard.ts';
import { answerProblems } from './problem.ts';
import { certificateRoutes } from './routes/certificates.ts';
import { delegationRoutes } from './routes/delegation.ts';
import { federationRoutes } from './routes/federations.ts';
import { participantRoutes } from './routes/participants.ts';
import { runRoutes } from './routes/runs.ts';
import { serviceRoutes } from './routes/service.ts';
import { trainerRoutes } from './routes/trainers.ts';
import { versionRoutes } from './routes/versions.ts';
import { securityHeaders } from './security-headers.ts';
import type { Services } from './services.ts';
import { readDescription, validation } from './validation.ts';

interface Options {
  readonly services: Services;
  readonly apiToken: string | undefined;
  readonly validateResponses: boolean;
  readonly log: Log;
  addresses(): Addresses;
}

/** Longest JSON body: the heartbeat or joining of a pool with ten thousand participants. */
const LONGEST_JSON = '16mb';

/** The aggregator's web server: who may ask, what is asked, the routes, the console, and problems as answers. */
export function createApp({ services, apiToken, validateResponses, log, addresses }: Options): Express {
  const description = readDescription();
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(securityHeaders(services.aasUrl));
  app.use(hostGuard(addresses));
  app.use(identifyCaller(services.admission, apiToken));
  app.use(express.json({ limit: LONGEST_JSON }));
  app.use(validation(description, validateResponses));
  app.use(serviceRoutes(services, description));
  app.use(delegationRoutes(services));
  app.use(trainerRoutes(services));
  app.use(runRoutes(services));
  app.use(federationRoutes(services));
  app.use(participantRoutes(services));
  app.use(certificateRoutes(services));
  app.use(versionRoutes(services));
  // After the API, since a page may have any other path.
  app.use(consoleFiles());
  app.use((_request, _response, next) => next(Object.assign(new Error('not found'), { status: 404 })));
  app.use(answerProblems(log));
  return app;
}
