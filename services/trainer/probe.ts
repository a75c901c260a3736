import type { Numerics } from '../../openapi/schemas.ts';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import type { TrainingResults } from './training/messages.ts';
import { ownNumerics } from './training/numerics.ts';
import { TrainingSlots } from './training/training-slots.ts';

export { MODEL_KEYS } from './models/index.ts';

/** What the tensor backend of this machine is and does. */
export interface TensorBackendReport {
  readonly numerics: Numerics;
  readonly measured: TrainingResults['probe'];
}

/**
 * Starts a training process, trains a small network in it and says how that went.
 * @throws CodedError `E_TRAINING_FAILED` where it cannot train, `E_NOT_BUILT`.
 */
export async function probeTensorBackend(): Promise<TensorBackendReport> {
  const entry = entryPoint('services/trainer/training/process');
  const slots = new TrainingSlots({ slots: 1, entry, log: silentLog });
  try {
    return { numerics: ownNumerics(), measured: await slots.perform({ kind: 'probe' }) };
  } finally {
    await slots.close();
  }
}
