import { confusionMatrix, type EvaluationSums, evaluationSums } from '../../../learning/metrics.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import type { StandardisedExamples } from './standardise.ts';
import { weightVector } from './weight-vector.ts';

const EXAMPLES_AT_ONCE = 1024;
/** Of the inputs of one batch; a convolution's outputs are many times as many. */
const NUMBERS_AT_ONCE = 2 ** 18;

/**
 * Counts what weights, given in the model's order, predict on examples, and sums their cross entropy.
 * @param breathe called between batches; throws to end the scoring.
 * @throws CodedError `E_TRAINING_DIVERGED` if the model's output is not finite.
 */
export async function score(
  tf: TensorFlow,
  model: Model,
  weights: Float32Array,
  examples: StandardisedExamples,
  breathe: () => Promise<void>,
): Promise<EvaluationSums> {
  const classes = model.outputShape[0]!;
  const predictions = new Uint32Array(examples.count);
  const layout = weightVector(tf, model);
  const { featureCount } = examples;
  const atOnce = Math.max(1, Math.min(EXAMPLES_AT_ONCE, Math.floor(NUMBERS_AT_ONCE / featureCount)));
  let lossSum = 0;
  for (let begin = 0; begin < examples.count; begin += atOnce) {
    const end = Math.min(begin + atOnce, examples.count);
    const rows = examples.features.slice(begin * featureCount, end * featureCount);
    const output = tf.tidy(() =>
      model.logits(
        layout.split(tf.tensor1d(weights.slice())),
        tf.tensor(rows, [end - begin, ...model.inputShape]),
      ),
    );
    const logits = await output.data();
    output.dispose();
    for (let index = begin; index < end; index += 1) {
      const row = logits.subarray((index - begin) * classes, (index - begin + 1) * classes);
      predictions[index] = largest(row);
      lossSum += crossEntropy(row, examples.labels[index]!);
    }
    await breathe();
  }
  if (!Number.isFinite(lossSum)) {
    throw new CodedError('E_TRAINING_DIVERGED', 'what the model computes is not finite');
  }
  return evaluationSums(confusionMatrix(examples.labels, predictions, classes), lossSum);
}

/** Index of the largest number, the first where several are. */
function largest(row: ArrayLike<number>): number {
  let found = 0;
  for (let index = 1; index < row.length; index += 1) if (row[index]! > row[found]!) found = index;
  return found;
}

function crossEntropy(logits: ArrayLike<number>, label: number): number {
  const highest = logits[largest(logits)]!;
  let sum = 0;
  for (let index = 0; index < logits.length; index += 1) sum += Math.exp(logits[index]! - highest);
  return highest + Math.log(sum) - logits[label]!;
}
