import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { AdversarialSpec, ModelSpec, TrainingSpec } from '../../../openapi/schemas.ts';
import type { TensorFlow } from '../models/model.ts';
import { type Attack, withPauses } from './attack.ts';
import type { Classifier } from './classifier.ts';
import { attackOf } from './index.ts';

/** How a round's batches are attacked. */
export interface AdversarialTraining {
  readonly attack: Attack;
  /** Share of the clean half in the loss, from 0 to 1. */
  readonly alpha: number;
}

/** What this model key means as in the published prototype: the CNN, trained with FGSM. */
const FGSM_MODEL = 'fgsm_cnn';
const FGSM: AdversarialSpec = { attack: { key: 'fgsm', epsilon: 0.05 } };

/**
 * How the batches of a round are attacked: from the second round on by default, since the first one's model knows
 * nothing that an attack could use. Undefined where they are not.
 */
export function adversarialTraining(
  model: ModelSpec,
  training: TrainingSpec,
  round: number,
): AdversarialTraining | undefined {
  const spec = training.adversarial ?? (model.key === FGSM_MODEL ? FGSM : undefined);
  if (spec === undefined || round < (spec.fromRound ?? 2)) return undefined;
  return { attack: attackOf(spec.attack), alpha: spec.alpha ?? 0.5 };
}

/** Clean examples of a batch: the first half, and the middle one of an odd number. */
export function cleanCount(batch: number): number {
  return Math.ceil(batch / 2);
}

/**
 * A batch whose second half is attacked with the model of the moment; the caller's to dispose.
 * @param targets the true classes, 1 at each: what an example counts in the loss is nothing to an attack.
 * @param breathe called after each pass of the attack through the model; throws to end it.
 */
export async function halfAttacked(
  tf: TensorFlow,
  attack: Attack,
  classifier: Classifier,
  inputs: Tensor,
  targets: Tensor2D,
  breathe: () => Promise<void>,
): Promise<Tensor> {
  const [batch, classes] = targets.shape;
  const clean = cleanCount(batch);
  if (clean === batch) return tf.clone(inputs);
  const inputsShape = inputs.shape.slice(1);
  const origin = inputsShape.map(() => 0);
  const rest = tf.slice(inputs, [clean, ...origin], [batch - clean, ...inputsShape]);
  const restTargets = tf.slice(targets, [clean, 0], [batch - clean, classes]);
  try {
    const attacked = await withPauses(attack(tf, classifier, rest, restTargets), breathe);
    const whole = tf.tidy(() =>
      tf.concat([tf.slice(inputs, [0, ...origin], [clean, ...inputsShape]), attacked]),
    );
    attacked.dispose();
    return whole;
  } finally {
    tf.dispose([rest, restTargets]);
  }
}
