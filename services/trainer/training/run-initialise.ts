import { writeFile } from 'node:fs/promises';
import { randomStream } from '../../../learning/random.ts';
import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import { writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { elementCount, type NamedTensor } from '../../../learning/weights/tensor.ts';
import { writeVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import { buildModel } from '../models/index.ts';
import type { TensorFlow, WeightSpec } from '../models/model.ts';
import { importedWeights } from './imported-weights.ts';
import type { InitialiseTask } from './messages.ts';

/** An initialise task: version 0 of a model, its weights drawn from the run's seed alone, or taken from a file. */
export async function runInitialise(tf: TensorFlow, task: InitialiseTask): Promise<Record<string, never>> {
  const { profile, scaler, seed } = task;
  const model = buildModel(tf, task.model, {
    featureShape: task.featureShape,
    classes: profile.classes.length,
  });
  const { inputShape, outputShape } = model;
  const { group, weights } = task.group ?? { group: MAIN_GROUP, weights: 'common' };
  const metadata = { group, number: 0, inputShape, outputShape, model: task.model, profile, scaler };
  const tensors =
    task.weightsFile === undefined
      ? model.weights.map((weight) => initialTensor(weight, seed, weights === 'own' ? group : MAIN_GROUP))
      : await importedWeights(model, task.weightsFile);
  await writeFile(task.versionFile, writeSafetensors(tensors, writeVersionMetadata(metadata)));
  return {};
}

/**
 * Glorot uniform (X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward networks, 2010), or He
 * normal for what a ReLU follows (K. He et al.: Delving deep into rectifiers, 2015).
 */
function initialTensor(
  { name, shape, initialiser }: WeightSpec,
  seed: number,
  participant: string,
): NamedTensor {
  const values = new Float32Array(elementCount(shape) ?? 0);
  if (initialiser === 'zeros') return { name, shape, values };
  if (initialiser === 'ones') return { name, shape, values: values.fill(1) };
  const purpose = `initial-weights/${name}`;
  const random = randomStream({ seed, round: 0, participant, purpose });
  const receptiveField = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  if (initialiser === 'he-normal') {
    const deviation = Math.sqrt(2 / (receptiveField * inputs));
    return { name, shape, values: values.map(() => random.normal() * deviation) };
  }
  const limit = Math.sqrt(6 / (receptiveField * (inputs + outputs)));
  for (let index = 0; index < values.length; index += 1) values[index] = (2 * random.uniform() - 1) * limit;
  return { name, shape, values };
}
