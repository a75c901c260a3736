import type { TrainerFile } from '../../openapi/schemas.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { launchService } from '../supervise/launch-service.ts';
import type { Supervisor } from '../supervise/supervisor.ts';

interface StartCollectorOptions {
  /** State folder of the supervisor. */
  readonly folder: string;
  /** State folder of the trainer, which holds the samples until the trainer has taken them. */
  readonly trainerFolder: string;
  /** Id of the pool. */
  readonly pool: string;
  /** Gives the path of the trainer file; the process loads its code while the file is still awaited. */
  readonly trainerFile: () => Promise<string>;
}

/** Name of a pool's collector among the processes and in its log's name. */
export function collectorName(pool: string): string {
  return `collector-${pool}`;
}

/** Whether a trainer file has machines that a collector must collect from. */
export function needsCollector({ participants }: TrainerFile): boolean {
  return participants.some(({ source }) => source.opcua !== undefined);
}

/** Starts the collector of a pool, which goes on while the trainer is away. @returns where its metrics are served */
export async function startCollector(
  supervisor: Supervisor,
  options: StartCollectorOptions,
): Promise<string | undefined> {
  const { folder, trainerFolder, pool, trainerFile } = options;
  const name = collectorName(pool);
  const launch = launchService({
    name,
    entry: entryPoint('connectors/main'),
    folder,
    settings: async () => ({ trainerFile: await trainerFile(), folder: trainerFolder }),
  });
  const { metrics } = await supervisor.add('collector', name, launch).start();
  return metrics;
}
