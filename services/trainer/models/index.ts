import type { ModelSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { autoencoder } from './autoencoder.ts';
import { cnn1d } from './cnn-1d.ts';
import { cnn2d } from './cnn-2d.ts';
import { cnn4 } from './cnn-4.ts';
import { customModel } from './custom/custom-models.ts';
import { dense, logistic } from './dense.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';
import { vgg15 } from './vgg-15.ts';

/** One line an architecture. */
const MODELS: ReadonlyMap<string, (tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes) => Model> = new Map([
  ['dense', dense],
  ['logistic', logistic],
  ['autoencoder', autoencoder],
  ['cnn-2d', cnn2d],
  ['cnn-1d', cnn1d],
  ['cnn-4', cnn4],
  // Trained with FGSM from round 2 on, see attacks/adversarial-training.ts.
  ['fgsm_cnn', cnn4],
  ['vgg-15', vgg15],
  // A module of the user's own; `loadCustomModel` first.
  ['custom', customModel],
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
