import { confusionMatrix, type EvaluationSums, evaluationSums } from '../../../learning/metrics.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { anomalySpec, normalClasses } from '../models/anomaly-spec.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import type { StandardisedExamples } from './standardise.ts';
import { weightVector } from './weight-vector.ts';

interface DetectionOptions {
  readonly tf: TensorFlow;
  readonly spec: ModelSpec;
  readonly model: Model;
  /** In the model's order. */
  readonly weights: Float32Array;
  /** Names of the profile's classes. */
  readonly classes: readonly string[];
  /** The site's own train examples, whose normal ones give the threshold. */
  readonly train: StandardisedExamples;
  /** What is to be judged. */
  readonly examples: StandardisedExamples;
  /** Called between batches. */
  readonly breathe: () => Promise<void>;
}

const EXAMPLES_AT_ONCE = 1024;
const NUMBERS_AT_ONCE = 2 ** 18;

/**
 * Judges examples by an autoencoder: what it gives back worse than nearly all normal train examples of the same site is
 * an anomaly. It tells anomalies apart from what is normal, not from each other: a noticed one counts as the class that
 * it is. The loss is the mean squared error.
 * @throws CodedError `E_TOO_FEW_EXAMPLES` without a normal train example, `E_TRAINING_DIVERGED` for errors not finite.
 */
export async function detectAnomalies(options: DetectionOptions): Promise<EvaluationSums> {
  const { spec, classes, train, examples } = options;
  const isNormal = normalClasses(spec, classes);
  const known = await reconstructionErrors(options, onlyNormal(train, isNormal));
  const threshold = quantileOf(known, anomalySpec(spec).quantile);
  const errors = await reconstructionErrors(options, examples);
  const firstNormal = isNormal.indexOf(true);
  const firstOther = isNormal.indexOf(false);
  const predictions = errors.map((error, index) => {
    const label = examples.labels[index]!;
    const seemsNormal = error <= threshold;
    if (seemsNormal === isNormal[label]) return label;
    return seemsNormal ? firstNormal : firstOther;
  });
  const lossSum = errors.reduce((sum, error) => sum + error, 0);
  return evaluationSums(confusionMatrix(examples.labels, predictions, classes.length), lossSum);
}

/**
 * The examples of normal classes.
 * @throws CodedError `E_TOO_FEW_EXAMPLES` if there is none.
 */
export function onlyNormal(
  examples: StandardisedExamples,
  isNormal: readonly boolean[],
): StandardisedExamples {
  const { featureCount, features, labels } = examples;
  const rows = Array.from(labels, (label, index) => (isNormal[label] === true ? index : -1)).filter(
    (index) => index >= 0,
  );
  if (rows.length === 0) {
    throw new CodedError('E_TOO_FEW_EXAMPLES', 'there is no normal example to learn from');
  }
  if (rows.length === labels.length) return examples;
  const kept = new Float32Array(rows.length * featureCount);
  for (const [place, row] of rows.entries()) {
    kept.set(features.subarray(row * featureCount, (row + 1) * featureCount), place * featureCount);
  }
  return {
    count: rows.length,
    featureCount,
    features: kept,
    labels: Float32Array.from(rows, (row) => labels[row]!),
  };
}

/** The mean squared error of each example. */
async function reconstructionErrors(
  { tf, model, weights, breathe }: DetectionOptions,
  { count, featureCount, features }: StandardisedExamples,
): Promise<Float64Array> {
  const layout = weightVector(tf, model);
  const errors = new Float64Array(count);
  const atOnce = Math.max(1, Math.min(EXAMPLES_AT_ONCE, Math.floor(NUMBERS_AT_ONCE / featureCount)));
  for (let begin = 0; begin < count; begin += atOnce) {
    const end = Math.min(begin + atOnce, count);
    const rows = features.slice(begin * featureCount, end * featureCount);
    const output = tf.tidy(() => {
      const inputs = tf.tensor2d(rows, [end - begin, featureCount]);
      const difference = tf.sub(model.logits(layout.split(tf.tensor1d(weights.slice())), inputs), inputs);
      return tf.mean(tf.mul(difference, difference), 1);
    });
    errors.set(await output.data(), begin);
    output.dispose();
    await breathe();
  }
  if (!errors.every(Number.isFinite)) {
    throw new CodedError('E_TRAINING_DIVERGED', 'what the model gives back is not finite');
  }
  return errors;
}

/** The smallest value that at least this share of the values does not exceed. */
function quantileOf(values: Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
