import type { ModelSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { dense } from './dense.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';

/** One line an architecture. */
const MODELS: ReadonlyMap<string, (tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes) => Model> = new Map([
  ['dense', dense],
]);

/** The keys that a federation may name. */
export const MODEL_KEYS: readonly string[] = [...MODELS.keys()];

/**
 * The model that a federation names.
 * @throws CodedError `E_UNKNOWN_MODEL` naming the known ones.
 */
export function buildModel(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  const build = MODELS.get(spec.key);
  if (build !== undefined) return build(tf, spec, sizes);
  const message = `there is no model ${JSON.stringify(spec.key)}; known are ${MODEL_KEYS.join(', ')}`;
  throw new CodedError('E_UNKNOWN_MODEL', message, { details: { known: MODEL_KEYS } });
}
