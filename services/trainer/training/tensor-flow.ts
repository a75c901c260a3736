import { type BackendPlan, describeNumerics } from '../backends/backend-plan.ts';
import { loadBackend } from '../backends/load-backend.ts';
import type { TensorFlow } from '../models/model.ts';
import { ownNumerics } from './numerics.ts';

let loaded: { readonly key: string; readonly tf: Promise<TensorFlow> } | undefined;

/**
 * The tensor library on a backend, by default on the reproducible one. Only a training process loads it, one task at a
 * time; the backend changes between tasks where their runs compute with different ones.
 * @throws CodedError `E_BACKEND_UNAVAILABLE`, `E_NO_GPU`, `E_NUMERICS_MISMATCH`.
 */
export function loadTensorFlow(plan: BackendPlan = { numerics: ownNumerics() }): Promise<TensorFlow> {
  const key = describeNumerics(plan.numerics);
  if (loaded?.key !== key) {
    const before = loaded?.tf.catch(() => undefined) ?? Promise.resolve();
    loaded = { key, tf: before.then(() => loadBackend(plan)) };
  }
  return loaded.tf;
}
