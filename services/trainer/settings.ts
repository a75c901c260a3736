import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { TrainerFile } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';
import { defaultCacheFolder } from '../../queue/cache-folder.ts';
import type { QueueConnection } from '../../queue/connection.ts';
import { CodedError } from '../../runtime/errors.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import type { BackendSettings } from './backends/backends.ts';
import { sharedMemoryBytes } from './backends/shared-memory.ts';
import { MODELS_FOLDER } from './models/models-folder.ts';

/** What a trainer service is started with. */
export interface TrainerSettings {
  readonly trainer: TrainerFile;
  /** State folder of this pool. */
  readonly folder: string;
  /**
   * Entry module of the training process, from the package's root.
   * @defaultValue `services/trainer/training/process`
   */
  readonly trainingProcess?: string;
}

/** Checked settings, nothing left open. */
export interface ResolvedSettings {
  readonly trainer: TrainerFile;
  readonly folder: string;
  readonly pool: string;
  readonly slots: number;
  /** The GPUs that the slots are dealt out to; undefined where the trainer file names none. */
  readonly gpus: readonly number[] | undefined;
  /** Resident memory of a training process at most. */
  readonly slotMemoryBytes: number;
  readonly queue: QueueConnection;
  readonly backends: BackendSettings;
  /** Folder of the modules of custom models. */
  readonly modelsFolder: string | undefined;
  /** The user's folder for what can be fetched or measured again. */
  readonly cacheFolder: string;
  /** Compiled file of the training process. */
  readonly trainingEntry: string;
}

/**
 * Checks the settings and fills in what they leave open; the one place of the trainer that reads the environment.
 * @throws CodedError `E_INVALID_INPUT`, `E_NOT_BUILT`.
 */
export function resolveSettings(
  settings: TrainerSettings,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedSettings {
  const trainer = validate('TrainerFile', settings.trainer, 'the trainer file');
  refuseRepeatedIds(trainer);
  const { slots, gpus } = slotsOf(trainer);
  const backends = backendSettings(trainer);
  const modelsFolder = trainer.pool.models ?? environment[MODELS_FOLDER];
  return Object.freeze({
    trainer,
    folder: resolve(settings.folder),
    pool: trainer.pool.id,
    slots,
    gpus,
    slotMemoryBytes: backends.slotMemoryBytes ?? sharedMemoryBytes(slots),
    queue: queueConnection(trainer, environment['REDIS_URL']),
    backends,
    modelsFolder: modelsFolder === undefined ? undefined : resolve(modelsFolder),
    cacheFolder: defaultCacheFolder(environment),
    trainingEntry: entryPoint(settings.trainingProcess ?? 'services/trainer/training/process'),
  });
}

function slotsOf({ pool, participants }: TrainerFile): Pick<ResolvedSettings, 'slots' | 'gpus'> {
  const { slots = Math.min(availableParallelism(), participants.length) } = pool;
  if (typeof slots === 'number') return { slots, gpus: undefined };
  const { gpus, perGpu = 1 } = slots;
  return { slots: gpus.length * perGpu, gpus };
}

function backendSettings({ pool }: TrainerFile): BackendSettings {
  const { backend, softwareGpu, slotMemoryMebibytes } = pool;
  return {
    ...(backend !== undefined && { backend }),
    ...(softwareGpu !== undefined && { softwareGpu }),
    ...(slotMemoryMebibytes !== undefined && { slotMemoryBytes: slotMemoryMebibytes * 1024 ** 2 }),
  };
}

function refuseRepeatedIds(trainer: TrainerFile): void {
  const ids = trainer.participants.map(({ id }) => id);
  const faults = ids.flatMap((id, index) =>
    ids.indexOf(id) === index ? [] : [{ path: `/participants/${index}/id`, message: `${id} is there twice` }],
  );
  if (faults.length > 0) throw new CodedError('E_INVALID_INPUT', 'the trainer file repeats ids', { faults });
}

function queueConnection({ queue }: TrainerFile, redisUrl: string | undefined): QueueConnection {
  if (queue !== undefined) {
    const { redis: url, passwordFile } = queue;
    return { url, ...(passwordFile !== undefined && { passwordFile }) };
  }
  if (redisUrl !== undefined && redisUrl !== '') return { url: redisUrl };
  const message =
    'the trainer file has no queue and REDIS_URL is not set; "fedshell up" prints what a trainer needs';
  throw new CodedError('E_INVALID_INPUT', message);
}
