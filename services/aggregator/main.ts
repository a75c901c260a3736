import { join } from 'node:path';
import { openEnvironment } from '../../aas/server/environment.ts';
import { delegationRule } from '../../aas/server/operations/delegate-invocation.ts';
import { InProcessOperations } from '../../aas/server/operations/in-process-operations.ts';
import { OperationHandlers } from '../../aas/server/operations/operation-handlers.ts';
import { startAasServer } from '../../aas/server/start-aas-server.ts';
import { strategyOf } from '../../learning/strategies/index.ts';
import type { Event } from '../../openapi/schemas.ts';
import { openAggregatorQueue } from '../../queue/aggregator-queue.ts';
import { CodedError } from '../../runtime/errors.ts';
import { runAsProcess, type ServiceContext } from '../../runtime/service-process.ts';
import { lockState } from '../../runtime/state-lock.ts';
import { Admission } from './admission.ts';
import { Api } from './api.ts';
import { Commands } from './commands/commands.ts';
import { operationsToCome } from './commands/operations-to-come.ts';
import { FoldPool } from './fold/fold-pool.ts';
import { aasAccess } from './http/aas-access.ts';
import { createApp } from './http/app.ts';
import { EventHub } from './http/event-hub.ts';
import { hostGuard } from './http/host-guard.ts';
import { listen } from './http/listen.ts';
import { UploadPlaces } from './http/upload-places.ts';
import { createMetrics } from './metrics.ts';
import { Participants } from './participants.ts';
import { openLookUps } from './proposals/open-look-ups.ts';
import { contentPlace } from './publishing/content-place.ts';
import { openPublisher } from './publishing/open-publisher.ts';
import { publicationOf } from './publishing/publication-name.ts';
import { openOutsidePublishers } from './publishing/targets/outside-publishers.ts';
import { acceptUpdate, type UpdateRequest } from './runs/accept-update.ts';
import type { RunServices } from './runs/run-context.ts';
import { Runs } from './runs/runs.ts';
import { type AggregatorSettings, resolveSettings } from './settings.ts';
import { openStore } from './store/store.ts';

/**
 * Starts the aggregator: store, AAS, queue, runs, and at last the API, which answers only when every unfinished run
 * takes updates again. It ends by the context's shutdown, which leaves everything stored where it stands.
 * @returns where API (with console) and AAS are.
 * @throws CodedError `E_STATE_IN_USE`, `E_PORT_IN_USE`, `E_HOST_WITHOUT_TOKEN`, `E_REDIS_CONFIGURATION`
 */
export async function start(
  given: AggregatorSettings,
  { log, shutdown }: ServiceContext,
): Promise<{ api: string; aas: string }> {
  const settings = resolveSettings(given);
  const lock = lockState(settings.folder);
  shutdown.add('state lock', () => lock.release());
  const store = await openStore(settings.folder);
  shutdown.add('store', () => store.close());

  const events = new EventHub();
  // What is made below is known to these only when they are called, which is after the start.
  const late: { api?: Api; runs?: Runs; commands?: Commands } = {};
  const participants = new Participants({
    store,
    offlineAfterMs: settings.offlineAfterMs,
    changed: (id) => events.changed(`participant:${id}`, () => participantEvent(late.api, id)),
    readinessChanged: () => late.runs?.poke(),
    stale: (id, what) => {
      publisher.note(what === 'data' ? `participant:${id}` : `participant-state:${id}`);
      // A run's status counts who is there.
      for (const federation of participants.get(id)?.federations ?? []) publisher.note(`run:${federation}`);
    },
  });
  shutdown.add('participants', () => participants.close());
  const admission = new Admission(store, participants);
  const uploadPlaces = new UploadPlaces({ most: settings.maxOpenUploads });
  const metrics = createMetrics(() => participants, uploadPlaces);

  const environment = await openEnvironment({ folder: join(settings.folder, 'aas'), log });
  shutdown.add('AAS', () => environment.close());
  let apiPort = 0;
  const aas = await startAasServer({
    environment,
    host: settings.host,
    port: settings.aasPort,
    operations: operationsToCome(() => late.commands),
    ...(settings.aasExternalUrl !== undefined && { externalUrl: settings.aasExternalUrl }),
    ...(settings.apiToken !== undefined && {
      access: aasAccess(admission, settings.apiToken),
      guard: hostGuard(() => ({
        port: aas.port,
        externalUrl: settings.aasExternalUrl,
        pages: { port: apiPort, externalUrl: settings.externalUrl },
      })),
    }),
  });
  shutdown.add('AAS server', () => aas.close());
  const publisher = openPublisher({
    settings,
    store,
    participants,
    ...contentPlace(settings, environment, aas.url),
    apiUrl: () => (apiPort === 0 ? undefined : (settings.externalUrl ?? urlOf(settings.host, apiPort))),
    metrics,
    log,
  });
  shutdown.add('publisher', () => publisher.close());
  const outside = await openOutsidePublishers({
    targets: settings.outside.targets ?? [],
    store,
    participants,
    ids: publisher.ids,
    log,
    aasUrl: aas.url,
    build: (name) => publisher.build(name),
  });
  shutdown.add('outside publishers', () => outside.close());
  publisher.alsoTell(outside);
  const lookUps = await openLookUps(settings.outside.lookups ?? [], admission.proposals, log);
  shutdown.add('look-ups', () => lookUps.close());

  const queue = await openAggregatorQueue({
    connection: settings.redis,
    log,
    run: async (job) => {
      if (late.runs === undefined) throw new CodedError('E_NOT_READY', 'the aggregator is starting');
      await late.runs.onJob(job);
    },
    perform: async (request) => {
      if (late.commands === undefined) throw new CodedError('E_NOT_READY', 'the aggregator is starting');
      await late.commands.perform(request);
    },
    progress: (event) => late.runs?.onProgress(event),
    failed: (event) => late.runs?.onFailure(event),
    commandFailed: (event) => late.commands?.noteFailure(event),
    reconnected: () => {
      late.runs?.requeue();
      late.commands?.requeue();
    },
  });
  shutdown.add('queue', () => queue.close());

  const foldPool = new FoldPool();
  shutdown.add('fold pool', () => foldPool.close());
  const runServices: RunServices = {
    store,
    participants,
    queue,
    publisher,
    metrics,
    foldPool,
    log,
    maximumModelBytes: settings.maximumModelBytes,
    leastFreeBytes: settings.leastFreeBytes,
    runChanged: (id) => events.changed(`run:${id}`, () => runEvent(late.api, id)),
    versionChanged: (federation, number, group) =>
      events.changed(publicationOf({ federation, number, group }), () => ({
        kind: 'version',
        version: api.version(federation, number, group),
      })),
  };
  const runs = await Runs.open(runServices);
  const redisState = () => queue.state();
  const api = new Api({ store, participants, admission, runs, publisher, redisState });
  const others = new OperationHandlers();
  others.addRule(delegationRule(settings.delegationTargets ?? []));
  const delegated = new InProcessOperations(others, settings.operations);
  shutdown.add('delegated operations', () => delegated.close());
  const commands = new Commands({
    store,
    participants,
    runs,
    queue,
    publisher,
    ids: publisher.ids,
    log,
    offlineAfterMs: settings.offlineAfterMs,
    others: delegated,
    ...(settings.operations !== undefined && { times: settings.operations }),
  });
  Object.assign(late, { api, runs, commands });
  runs.requeue();
  commands.requeue();
  shutdown.add('runs', () => runs.drain());
  shutdown.add('commands', () => commands.close());
  publisher.poke();

  const app = createApp({
    services: {
      api,
      admission,
      participants,
      runs,
      commands,
      store,
      queue,
      publisher,
      outside,
      lookUps,
      delegationCallers: settings.outside.delegationCallers ?? [],
      metrics,
      events,
      maximumModelBytes: settings.maximumModelBytes,
      uploadPlaces,
      uploadStallMs: settings.uploadStallMs,
      snapshot: () => [
        ...api.runsAll(undefined).map((run): Event => ({ kind: 'run', run })),
        ...api.participantsAll().map((participant): Event => ({ kind: 'participant', participant })),
      ],
      acceptUpdate: (incoming) => takeUpdate(runServices, runs, incoming),
      aasUrl: () => aas.url,
    },
    apiToken: settings.apiToken,
    validateResponses: settings.validateResponses ?? false,
    log,
    addresses: () => ({ port: apiPort, externalUrl: settings.externalUrl }),
  });
  const server = await listen(app, settings.host, settings.port);
  apiPort = server.port;
  publisher.note('aggregator');
  shutdown.add('API', () => server.close());
  shutdown.add('event stream', () => events.close());
  const addresses = { api: urlOf(settings.host, server.port), aas: aas.url };
  log.info({ event: 'aggregator.started', ...addresses }, 'aggregator started');
  return addresses;
}

/** An update of a finished run is answered like one of a closed round: as the first time, or refused. */
function takeUpdate(services: RunServices, runs: Runs, incoming: UpdateRequest) {
  const driver = runs.driver(incoming.key.run);
  if (driver !== undefined) return driver.accept(incoming);
  if (services.store.runs.get(incoming.key.run) === undefined) {
    throw new CodedError('E_NOT_FOUND', `there is no run ${incoming.key.run}`);
  }
  return acceptUpdate(services, {
    ...incoming,
    // No update gets as far as to be held against it.
    strategy: strategyOf({ key: 'fed-avg' }),
    compression: undefined,
    gates: {},
    bounds: { maximumExampleCount: 0, maximumNorm: 0, largest: { trainable: 0, statistic: 0 } },
    live: () => undefined,
  });
}

function runEvent(api: Api | undefined, id: string): Event | undefined {
  return api === undefined ? undefined : { kind: 'run', run: api.run(id) };
}

function participantEvent(api: Api | undefined, id: string): Event | undefined {
  // One that was taken out in the meantime has no state to tell.
  return api?.hasParticipant(id) === true
    ? { kind: 'participant', participant: api.participant(id) }
    : undefined;
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

void runAsProcess(import.meta.url, 'aggregator', start);
