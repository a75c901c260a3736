import { join } from 'node:path';
import { entryPoint } from '../../runtime/package-root.ts';
import { launchService } from '../supervise/launch-service.ts';
import type { Supervisor } from '../supervise/supervisor.ts';
import { SERVICE_NODE_FLAGS } from './process-flags.ts';
import { type QueueAddress, startRedisFor } from './start-redis.ts';

/** Settings of the aggregator that a command line may give; services/aggregator/settings.ts explains each. */
export interface PlantSettings {
  readonly folder: string;
  readonly port: number;
  readonly aasPort: number;
  readonly host?: string;
  readonly apiTokenFile?: string;
  readonly externalUrl?: string;
  readonly aasExternalUrl?: string;
  readonly idBase?: string;
}

/** A running aggregator with its Redis and its AAS. */
export interface Plant {
  readonly api: string;
  readonly aas: string;
  readonly queue: QueueAddress;
  readonly redisDescription: string;
}

/** Starts Redis and the aggregator, which serves API, console and AAS. @throws CodedError */
export async function startPlant(supervisor: Supervisor, settings: PlantSettings): Promise<Plant> {
  const { folder, port, aasPort, ...others } = settings;
  const { queue, description } = await startRedisFor(supervisor, folder);
  const launch = launchService({
    name: 'aggregator',
    entry: entryPoint('services/aggregator/main'),
    folder,
    nodeFlags: SERVICE_NODE_FLAGS,
    settings: (previous) => ({
      ...others,
      folder: join(folder, 'aggregator'),
      port: portOf(previous?.['api']) ?? port,
      aasPort: portOf(previous?.['aas']) ?? aasPort,
      redis: queue,
    }),
  });
  const { api = '', aas = '' } = await supervisor.add('aggregator', 'aggregator', launch).start();
  return { api, aas, queue, redisDescription: description };
}

function portOf(url: string | undefined): number | undefined {
  return url === undefined ? undefined : Number(new URL(url).port);
}
