import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { confusionMatrix, type EvaluationSums, evaluationSums } from '../../../learning/metrics.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { TensorFlow } from '../models/model.ts';
import type { StandardisedExamples } from '../training/standardise.ts';
import { type Attack, withPauses } from './attack.ts';
import type { Classifier } from './classifier.ts';

interface ScoreOptions {
  readonly tf: TensorFlow;
  /** Who answers. */
  readonly defended: Classifier;
  /** Whom the attacker knows: the same, or one without the defence. */
  readonly known: Classifier;
  /** None scores the examples as they are. */
  readonly attack: Attack | undefined;
  readonly examples: StandardisedExamples;
  /** Of one example. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly breathe: () => Promise<void>;
}

const EXAMPLES_AT_ONCE = 8;
/** Of the inputs of one batch. */
const NUMBERS_AT_ONCE = 2 ** 16;

/**
 * How many examples of so many features are attacked together: an attack keeps the activations of a batch several times
 * over, and its passes should last seconds at most. Two of 373 × 64 features.
 */
export function attackedAtOnce(featureCount: number): number {
  return Math.max(1, Math.min(EXAMPLES_AT_ONCE, Math.floor(NUMBERS_AT_ONCE / featureCount)));
}

/**
 * Counts what a classifier predicts on attacked examples, and sums their cross entropy.
 * @throws CodedError `E_TRAINING_DIVERGED` if the model's output is not finite.
 */
export async function scoreAttacked(options: ScoreOptions): Promise<EvaluationSums> {
  const { tf, examples, inputShape, classes, breathe } = options;
  const { count, featureCount, features, labels } = examples;
  const predictions = new Uint32Array(count);
  const atOnce = attackedAtOnce(featureCount);
  let lossSum = 0;
  for (let begin = 0; begin < count; begin += atOnce) {
    const end = Math.min(begin + atOnce, count);
    const { inputs, targets } = tf.tidy(() => {
      const rows = features.slice(begin * featureCount, end * featureCount);
      const classIndices = tf.tensor1d(Int32Array.from(labels.subarray(begin, end)), 'int32');
      const oneHot: Tensor2D = tf.reshape(tf.oneHot(classIndices, classes), [end - begin, classes]);
      return { inputs: tf.tensor(rows, [end - begin, ...inputShape]), targets: tf.cast(oneHot, 'float32') };
    });
    const output = await answers(options, inputs, targets);
    const values = await output.data();
    output.dispose();
    for (let index = begin; index < end; index += 1) {
      const row = values.subarray((index - begin) * (classes + 1), (index - begin + 1) * (classes + 1));
      predictions[index] = largest(row.subarray(0, classes));
      lossSum -= row[classes]!;
    }
    await breathe();
  }
  if (!Number.isFinite(lossSum)) {
    throw new CodedError('E_TRAINING_DIVERGED', 'what the model computes on attacked examples is not finite');
  }
  return evaluationSums(confusionMatrix(labels, predictions, classes), lossSum);
}

/** Each example's log-probabilities, and that of its true class behind them. */
async function answers(
  { tf, defended, known, attack, breathe }: ScoreOptions,
  inputs: Tensor,
  targets: Tensor2D,
): Promise<Tensor> {
  let attacked: Tensor | undefined;
  try {
    if (attack !== undefined) {
      attacked = await withPauses(attack(tf, known, inputs, targets), breathe);
    }
    return tf.tidy(() => {
      const logarithms = tf.logSoftmax(defended.logits(attacked ?? inputs));
      return tf.concat([logarithms, tf.sum(tf.mul(logarithms, targets), 1, true)], 1);
    });
  } finally {
    tf.dispose([inputs, targets]);
    attacked?.dispose();
  }
}

/** Index of the largest number, the first where several are. */
function largest(row: ArrayLike<number>): number {
  let found = 0;
  for (let index = 1; index < row.length; index += 1) if (row[index]! > row[found]!) found = index;
  return found;
}
