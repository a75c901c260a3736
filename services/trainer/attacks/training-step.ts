import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { LossAndGradients, Model, TensorFlow } from '../models/model.ts';
import { type AdversarialTraining, cleanCount, halfAttacked } from './adversarial-training.ts';
import { classifierOf } from './classifier.ts';

/** A training step in two parts. */
export interface TrainingStep {
  /**
   * What the model is to see of a batch; the caller's to dispose. An attack takes many passes through the model, so this
   * part pauses between them.
   * @param classes the true ones, one row an example, 1 at its class; an autoencoder's are the inputs.
   * @param breathe called in the pauses; throws to end the step.
   */
  seen(
    weights: readonly Tensor[],
    inputs: Tensor,
    classes: Tensor2D,
    breathe: () => Promise<void>,
  ): Promise<Tensor>;
  /** Loss and gradients of what is seen, with the same weights; runs inside `tf.tidy`. */
  readonly lossAndGradients: Model['lossAndGradients'];
}

/**
 * The step of a model that is trained on half attacked batches: alpha times the mean loss of the clean half plus
 * (1 - alpha) times that of the attacked one.
 */
export function adversarialStep(
  tf: TensorFlow,
  model: Model,
  { attack, alpha }: AdversarialTraining,
): TrainingStep {
  return {
    seen: (weights, inputs, classes, breathe) =>
      halfAttacked(tf, attack, classifierOf(tf, model, weights), inputs, classes, breathe),
    lossAndGradients: (weights, seen, targets) => {
      const [batch] = targets.shape;
      const clean = cleanCount(batch);
      // Where the shares are those of the numbers, the mean over the whole batch is the weighted loss.
      if (clean === batch || clean === alpha * batch) return model.lossAndGradients(weights, seen, targets);
      const part = (begin: number, count: number) =>
        model.lossAndGradients(
          weights,
          slice(tf, seen, begin, count),
          // A slice of a matrix is one.
          slice(tf, targets, begin, count) as Tensor2D,
        );
      return weighted(tf, batch, [
        { result: part(0, clean), count: clean, share: alpha },
        { result: part(clean, batch - clean), count: batch - clean, share: 1 - alpha },
      ]);
    },
  };
}

interface Part {
  readonly result: LossAndGradients;
  readonly count: number;
  /** Of its mean loss in the whole. */
  readonly share: number;
}

function weighted(tf: TensorFlow, batch: number, parts: readonly [Part, Part]): LossAndGradients {
  const sum = (of: (part: Part) => Tensor): Tensor => tf.add(of(parts[0]), of(parts[1]));
  const [{ result }] = parts;
  return {
    // Numbers of rank 0 add up to one.
    lossSum: sum((part) => tf.mul(part.result.lossSum, (batch * part.share) / part.count)) as Scalar,
    gradients: result.gradients.map((_, index) =>
      sum((part) => tf.mul(part.result.gradients[index]!, part.share)),
    ),
    // Both halves are what the model will see: their statistics count by their examples.
    statistics: result.statistics.map((_, index) =>
      sum((part) => tf.mul(part.result.statistics[index]!, part.count / batch)),
    ),
  };
}

function slice(tf: TensorFlow, tensor: Tensor, begin: number, count: number): Tensor {
  const [, ...shape] = tensor.shape;
  return tf.slice(tensor, [begin, ...shape.map(() => 0)], [count, ...shape]);
}
