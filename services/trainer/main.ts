import { join } from 'node:path';
import { type PoolWorker, startPoolWorker } from '../../queue/pool-worker.ts';
import { packageVersion } from '../../runtime/package-root.ts';
import { runAsProcess, type ServiceContext } from '../../runtime/service-process.ts';
import { lockState } from '../../runtime/state-lock.ts';
import { Activity } from './activity.ts';
import { AggregatorClient } from './aggregator-client.ts';
import { sameNumerics } from './backends/backend-plan.ts';
import { Backends } from './backends/backends.ts';
import type { Collection } from './collection.ts';
import { createCollection } from './create-collection.ts';
import { followLabels, LabelFile } from './data-set/label-file.ts';
import { LocalDataSet } from './data-set/local-data-set.ts';
import type { JobResources } from './jobs/job-resources.ts';
import { runPoolJob } from './jobs/run-pool-job.ts';
import { joinCredential } from './join-credential.ts';
import { MachineTrust } from './machine-trust.ts';
import { Membership } from './membership.ts';
import { MODELS_FOLDER } from './models/models-folder.ts';
import { participantStatus } from './participant-status.ts';
import { publishedOfParticipant } from './published-of-participant.ts';
import { type ResolvedSettings, resolveSettings, type TrainerSettings } from './settings.ts';
import { maximumAgesMs, participantSignals, publishingIntervalMs } from './source-signals.ts';
import { TrainingSlots } from './training/training-slots.ts';
import { UpdateStore } from './update-store.ts';
import { VersionCache } from './version-cache.ts';

/** What the participants' states are made of, besides their data. */
interface ForStatus {
  readonly activity: Activity;
  readonly backends: Backends;
  readonly tasks: TrainingSlots;
}

/** One participant with all that belongs to it. */
interface Member {
  readonly participant: ResolvedSettings['trainer']['participants'][number];
  readonly signals: readonly string[];
  readonly dataSet: LocalDataSet;
  readonly collection: Collection;
}

/**
 * Starts a trainer: it collects its participants' data, reports to the aggregator and does its pool's jobs. It listens
 * on no port, so it has no addresses.
 * @throws CodedError `E_INVALID_INPUT`, `E_STATE_IN_USE`, `E_TOKEN_REFUSED`, `E_NO_MANIFEST`.
 */
export async function start(
  settings: TrainerSettings,
  context: ServiceContext,
): Promise<Readonly<Record<string, string>>> {
  const resolved = resolveSettings(settings);
  const { log, shutdown } = context;
  const { folder, trainer } = resolved;
  const lock = lockState(folder);
  shutdown.add('state lock', () => lock.release());
  const slots = openSlots(resolved, context);
  const backends = await openBackends(resolved, context);
  const updates = await UpdateStore.open(folder);
  shutdown.add('updates', () => updates.close());
  const members = await openMembers(resolved, context);
  const client = new AggregatorClient(trainer.aggregator);
  const activity = new Activity();
  const membership = createMembership(
    resolved,
    members,
    { activity, backends, tasks: slots },
    client,
    context,
  );
  for (const { collection } of members) collection.start();
  await membership.start();
  shutdown.add('membership', () => membership.stop());
  const resources: JobResources = {
    client,
    dataSets: new Map(members.map(({ participant, dataSet }) => [participant.id, dataSet])),
    tasks: slots,
    backends,
    versions: await VersionCache.open({ folder: join(folder, 'versions') }),
    updates,
    log,
  };
  const worker = await startWorker(resolved, resources, activity);
  shutdown.add('worker', () => worker.close());
  return {};
}

function openSlots(resolved: ResolvedSettings, { log, shutdown }: ServiceContext): TrainingSlots {
  const { slots, gpus, slotMemoryBytes, trainingEntry: entry } = resolved;
  const processes = new TrainingSlots({
    slots,
    gpus,
    memoryBytes: slots * slotMemoryBytes,
    environment: modelsEnvironment(resolved),
    entry,
    log,
  });
  processes.warm();
  shutdown.add('training processes', () => processes.close());
  return processes;
}

/** Where a child finds the modules of custom models. */
function modelsEnvironment({ modelsFolder }: ResolvedSettings): Record<string, string> {
  return modelsFolder === undefined ? {} : { [MODELS_FOLDER]: modelsFolder };
}

async function openBackends(
  resolved: ResolvedSettings,
  { log, shutdown }: ServiceContext,
): Promise<Backends> {
  const { backends: settings, slots, cacheFolder } = resolved;
  const environment = { ...process.env, ...modelsEnvironment(resolved) };
  const backends = await Backends.open({ settings, slots, cacheFolder, log, environment });
  shutdown.add('tensor backends', () => backends.close());
  return backends;
}

async function openMembers(
  { folder, trainer }: ResolvedSettings,
  { log, shutdown }: ServiceContext,
): Promise<readonly Member[]> {
  const members: Member[] = [];
  for (const participant of trainer.participants) {
    const signals = await participantSignals(participant);
    const labels = participant.labels === undefined ? undefined : new LabelFile(participant.labels.file);
    const dataSet = await LocalDataSet.open({
      participant: participant.id,
      folder: join(folder, 'participants', participant.id),
      publishingIntervalMs: publishingIntervalMs(participant.source),
      labels,
      maximumAgesMs: maximumAgesMs(participant.source),
    });
    shutdown.add(`data set of ${participant.id}`, () => dataSet.close());
    if (labels !== undefined) {
      const following = await followLabels(labels, log.child({ participant: participant.id }));
      shutdown.add(`labels of ${participant.id}`, () => following.close());
    }
    const collection = createCollection({ folder, participant, signals, dataSet, log });
    members.push({ participant, signals, dataSet, collection });
  }
  shutdown.add('connectors', async () => {
    await Promise.all(members.map(({ collection }) => collection.close()));
  });
  return members;
}

function createMembership(
  { folder, trainer, pool, slots }: ResolvedSettings,
  members: readonly Member[],
  { activity, backends, tasks }: ForStatus,
  client: AggregatorClient,
  { log }: ServiceContext,
): Membership {
  const numerics = backends.preferred;
  const alternatives = backends.all.filter((other) => !sameNumerics(other, numerics));
  const request = {
    pool: { id: pool, slots, numerics, alternatives, software: packageVersion() },
    participants: members.map(({ participant, signals }) => {
      const published = publishedOfParticipant(participant);
      return {
        id: participant.id,
        attributes: participant.attributes ?? {},
        signals: [...signals],
        ...(published !== undefined && { published }),
      };
    }),
  };
  const isMachine = ({ participant: { source } }: Member) =>
    source.opcua !== undefined || source.line !== undefined;
  const sharesTrust = trainer.pool.trustOverApi !== false && members.some(isMachine);
  const membership: Membership = new Membership({
    client,
    log,
    request,
    credential: joinCredential(trainer, request),
    keyFile: join(folder, 'trainer.key'),
    trust: sharesTrust ? new MachineTrust(join(folder, 'pki'), log) : undefined,
    statuses: () =>
      members.map(({ signals, dataSet, collection }) =>
        participantStatus({
          signals,
          dataSet,
          activity,
          federations: membership.federations,
          backendFor: (federation) => backends.forFederation(federation),
          slots: tasks.figures,
          collection,
        }),
      ),
  });
  return membership;
}

function startWorker(
  { queue, pool, slots }: ResolvedSettings,
  resources: JobResources,
  activity: Activity,
): Promise<PoolWorker> {
  return startPoolWorker({
    connection: queue,
    pool,
    // Twice the slots: while some train, others fetch or upload; a training process never waits for the network.
    concurrency: 2 * slots,
    log: resources.log,
    run: (job, { signal, progress }) => {
      if (job.kind !== 'train') return runPoolJob(job, { signal, progress }, resources);
      const follow: typeof progress = (value) => {
        activity.noteProgress(job.participant, value);
        return progress(value);
      };
      return activity.during(job.participant, () => runPoolJob(job, { signal, progress: follow }, resources));
    },
  });
}

await runAsProcess(import.meta.url, 'trainer', start);
