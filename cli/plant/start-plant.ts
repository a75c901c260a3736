import { join } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
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
  readonly outside?: object;
  readonly maxOpenUploads?: number;
}

/** A running aggregator with its Redis and its AAS. */
export interface Plant {
  readonly api: string;
  readonly aas: string;
  readonly queue: QueueAddress;
  readonly redisDescription: string;
}

/** Starts Redis and the aggregator, which serves API, console and AAS. @throws CodedError such as `E_PORT_IN_USE` */
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
      port: port === 0 ? portOf(previous?.['api']) : port,
      // The AAS announces its external URL, whose port is not the one to listen on.
      aasPort: aasPort === 0 && others.aasExternalUrl === undefined ? portOf(previous?.['aas']) : aasPort,
      redis: queue,
    }),
  });
  const process = supervisor.add('aggregator', 'aggregator', launch);
  const { api = '', aas = '' } = await process.start().catch((thrown: unknown) => {
    throw thrown instanceof CodedError && thrown.code === 'E_PORT_IN_USE'
      ? namePort(thrown, settings)
      : thrown;
  });
  return { api, aas, queue, redisDescription: description };
}

/** Says whose port it is that another program has, and which option chooses another. */
function namePort(cause: CodedError, { port, aasPort }: PlantSettings): CodedError {
  const isAas = new RegExp(`(?:port |:)${aasPort}\\b`).test(cause.message);
  const [taken, server, option] = isAas ? [aasPort, 'AAS', '--aas-port'] : [port, 'API', '--port'];
  const message = `port ${taken}, for the ${server}, is taken by another program; ${option} chooses another`;
  return new CodedError('E_PORT_IN_USE', message, { cause });
}

function portOf(url: string | undefined): number {
  return url === undefined ? 0 : Number(new URL(url).port);
}
