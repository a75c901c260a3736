import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { LossAndGradients, Model, TensorFlow } from '../models/model.ts';
import { type AdversarialTraining, cleanCount, halfAttacked } from './adversarial-training.ts';
import { classifierOf } from './classifier.ts';

/** Loss and gradients of a batch with the weights of the moment; runs inside `tf.tidy`. */
export type TrainingStep = Model['lossAndGradients'];

/**
 * The step of a model that is trained on half attacked batches: alpha times the mean loss of the clean half plus
 * (1 - alpha) times that of the attacked one. Without adversarial training it is the model's own.
 */
export function trainingStep(
  tf: TensorFlow,
  model: Model,
  adversarial: AdversarialTraining | undefined,
): TrainingStep {
  if (adversarial === undefined) return model.lossAndGradients;
  const { attack, alpha } = adversarial;
  return (weights, inputs, targets) => {
    const [batch] = targets.shape;
    const clean = cleanCount(batch);
    const seen = halfAttacked(tf, attack, classifierOf(tf, model, weights), inputs, targets);
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
