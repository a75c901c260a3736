import type { TrainerFile } from '../../openapi/schemas.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { launchService } from '../supervise/launch-service.ts';
import type { SupervisedProcess } from '../supervise/supervised-process.ts';
import type { Supervisor } from '../supervise/supervisor.ts';
import { SERVICE_NODE_FLAGS } from './process-flags.ts';

interface StartTrainerOptions {
  /** State folder of the supervisor. */
  readonly folder: string;
  /** State folder of the trainer, with the local data. */
  readonly trainerFolder: string;
  /** Id of the pool. */
  readonly pool: string;
  /**
   * Gives its file, with absolute paths and line files read in, at every start; the process loads its code while the
   * file is still awaited.
   */
  readonly trainer: () => Promise<TrainerFile>;
}

/** Name of a pool's trainer among the processes and in its log's name. */
export function trainerName(pool: string): string {
  return `trainer-${pool}`;
}

/** Starts the trainer of a pool. */
export async function startTrainer(
  supervisor: Supervisor,
  options: StartTrainerOptions,
): Promise<SupervisedProcess> {
  const { folder, pool, trainer, trainerFolder } = options;
  const name = trainerName(pool);
  const launch = launchService({
    name,
    entry: entryPoint('services/trainer/main'),
    folder,
    nodeFlags: SERVICE_NODE_FLAGS,
    settings: async () => ({ trainer: await trainer(), folder: trainerFolder }),
  });
  const supervised = supervisor.add('trainer', name, launch);
  await supervised.start();
  return supervised;
}
