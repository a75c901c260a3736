import { readFile } from 'node:fs/promises';
import { standardise } from '../../../learning/statistics.ts';
import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { buildModel } from '../models/index.ts';
import type { TensorFlow } from '../models/model.ts';
import type { InferTask, TrainingResults } from './messages.ts';
import { joinWeights, weightVector } from './weight-vector.ts';

/** An infer task: the probabilities of the classes for one example. */
export async function runInfer(tf: TensorFlow, task: InferTask): Promise<TrainingResults['infer']> {
  const version = readSafetensors(await readFile(task.versionFile));
  const metadata = readVersionMetadata(version.header.metadata);
  const scaler = metadata.scaler.kind === 'federated' ? metadata.scaler : task.scaler;
  if (scaler === undefined) {
    throw new CodedError('E_INVALID_INPUT', 'the version has no scaler and the task brings none');
  }
  const features = Float32Array.from(task.features);
  standardise(features, scaler);
  const classes = metadata.profile.classes.length;
  const model = buildModel(tf, task.model, { featureShape: task.featureShape, classes });
  if (model.kind !== 'classifier') {
    throw new CodedError('E_INVALID_INPUT', `only classifiers infer; ${task.model.key} is an ${model.kind}`);
  }
  const weights = joinWeights(model, version.tensors);
  const output = tf.tidy(() =>
    model.logits(
      weightVector(tf, model).split(tf.tensor1d(weights)),
      tf.tensor(features, [1, ...model.inputShape]),
    ),
  );
  const logits = await output.data();
  output.dispose();
  return { probabilities: softmax([...logits]) };
}

function softmax(logits: readonly number[]): number[] {
  const highest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - highest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  const probabilities = exponentials.map((value) => value / sum);
  if (!probabilities.every(Number.isFinite)) {
    throw new CodedError('E_TRAINING_DIVERGED', 'the model gives no finite number for the window');
  }
  return probabilities;
}
