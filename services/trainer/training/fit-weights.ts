import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../../learning/random.ts';
import type { TrainingSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import { createOptimizer } from './optimizer.ts';
import type { StandardisedExamples } from './standardise.ts';
import { concatenated, roleVectors } from './weight-vector.ts';

interface FitOptions {
  readonly tf: TensorFlow;
  readonly model: Model;
  /** Weights to begin from, in the model's order; they are not changed. */
  readonly base: Float32Array;
  readonly examples: StandardisedExamples;
  readonly training: TrainingSpec;
  /** Gives the order of the examples. */
  readonly random: RandomStream;
  /** Gives way to other work now and then; throws to end the training. */
  readonly breathe: () => Promise<void>;
  /** After each epoch, with the mean loss of its batches. */
  readonly onEpoch: (epochsDone: number, trainedLoss: number) => void;
}

/**
 * Trains for the specified epochs and returns the weights. Equal input gives equal bits.
 * @throws CodedError `E_TRAINING_DIVERGED` when the loss is no longer finite.
 */
export async function fitWeights(options: FitOptions): Promise<Float32Array> {
  const { tf, model, base, examples, training, random, breathe, onEpoch } = options;
  const { trainable, statistic, take, together } = roleVectors(tf, model);
  const optimizer = createOptimizer(tf, training.optimizer, trainable.size);
  const order = Uint32Array.from({ length: examples.count }, (_, index) => index);
  let weights: Tensor1D = tf.tensor1d(take(base, 'trainable'));
  let statistics: Tensor1D = tf.tensor1d(take(base, 'statistic'));
  let lossSum: Scalar = tf.scalar(0);
  try {
    for (let epoch = 1; epoch <= training.localEpochs; epoch += 1) {
      random.shuffle(order);
      for (let begin = 0; begin < order.length; begin += training.batchSize) {
        const batch = gather(
          examples,
          order.subarray(begin, begin + training.batchSize),
          model.outputShape[0]!,
        );
        const next = tf.tidy(() => {
          const inputs: Tensor = tf.tensor(batch.inputs, [batch.count, ...model.inputShape]);
          const targets = tf.tensor2d(batch.targets, [batch.count, model.outputShape[0]!]);
          const all = together(trainable.split(weights), statistic.split(statistics));
          const batchResult = model.lossAndGradients(all, inputs, targets);
          const sum: Scalar = tf.add(lossSum, batchResult.lossSum);
          return {
            weights: optimizer.step(weights, trainable.join(batchResult.gradients)),
            statistics: statistic.join(batchResult.statistics),
            lossSum: sum,
          };
        });
        tf.dispose([weights, statistics, lossSum]);
        weights = next.weights;
        statistics = next.statistics;
        lossSum = next.lossSum;
        await breathe();
      }
      const trainedLoss = (await lossSum.data())[0]! / examples.count;
      lossSum.dispose();
      lossSum = tf.scalar(0);
      if (!Number.isFinite(trainedLoss)) {
        throw new CodedError('E_TRAINING_DIVERGED', `the loss is no longer finite in epoch ${epoch}`);
      }
      onEpoch(epoch, trainedLoss);
      await breathe();
    }
    const parts = together(
      trainable.parts(Float32Array.from(await weights.data())),
      statistic.parts(Float32Array.from(await statistics.data())),
    );
    const trained = concatenated(parts);
    if (!trained.every(Number.isFinite)) {
      throw new CodedError('E_TRAINING_DIVERGED', 'the trained weights are not finite');
    }
    return trained;
  } finally {
    tf.dispose([weights, statistics, lossSum]);
    optimizer.dispose();
  }
}

function gather(examples: StandardisedExamples, rows: Uint32Array, classes: number) {
  const { featureCount, features, labels } = examples;
  const inputs = new Float32Array(rows.length * featureCount);
  const targets = new Float32Array(rows.length * classes);
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    inputs.set(features.subarray(row * featureCount, (row + 1) * featureCount), index * featureCount);
    targets[index * classes + labels[row]!] = 1;
  }
  return { count: rows.length, inputs, targets };
}
