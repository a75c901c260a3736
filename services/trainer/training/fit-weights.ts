import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../../learning/random.ts';
import type { TrainingSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import { createOptimizer } from './optimizer.ts';
import type { StandardisedExamples } from './standardise.ts';
import { weightVector } from './weight-vector.ts';

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

/** Steps between two looks at the clock. */
const STEPS_AT_ONCE = 64;

/**
 * Trains for the specified epochs and returns the weights. Equal input gives equal bits.
 * @throws CodedError `E_TRAINING_DIVERGED` when the loss is no longer finite.
 */
export async function fitWeights(options: FitOptions): Promise<Float32Array> {
  const { tf, model, base, examples, training, random, breathe, onEpoch } = options;
  const layout = weightVector(tf, model);
  const optimizer = createOptimizer(tf, training.optimizer, layout.size);
  const order = Uint32Array.from({ length: examples.count }, (_, index) => index);
  // Copied: the library may otherwise share the caller's memory.
  let weights: Tensor1D = tf.tensor1d(base.slice());
  let lossSum: Scalar = tf.scalar(0);
  try {
    for (let epoch = 1; epoch <= training.localEpochs; epoch += 1) {
      random.shuffle(order);
      for (let begin = 0, steps = 1; begin < order.length; begin += training.batchSize, steps += 1) {
        const batch = gather(
          examples,
          order.subarray(begin, begin + training.batchSize),
          model.outputShape[0]!,
        );
        const next = tf.tidy(() => {
          const inputs = tf.tensor2d(batch.inputs, [batch.count, examples.featureCount]);
          const targets = tf.tensor2d(batch.targets, [batch.count, model.outputShape[0]!]);
          const batchResult = model.lossAndGradients(layout.split(weights), inputs, targets);
          const sum: Scalar = tf.add(lossSum, batchResult.lossSum);
          return { weights: optimizer.step(weights, layout.join(batchResult.gradients)), lossSum: sum };
        });
        tf.dispose([weights, lossSum]);
        weights = next.weights;
        lossSum = next.lossSum;
        if (steps % STEPS_AT_ONCE === 0) await breathe();
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
    const trained = Float32Array.from(await weights.data());
    if (!trained.every(Number.isFinite)) {
      throw new CodedError('E_TRAINING_DIVERGED', 'the trained weights are not finite');
    }
    return trained;
  } finally {
    tf.dispose([weights, lossSum]);
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
