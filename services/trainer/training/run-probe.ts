import { randomStream } from '../../../learning/random.ts';
import { buildModel } from '../models/index.ts';
import type { TensorFlow } from '../models/model.ts';
import { fitWeights } from './fit-weights.ts';
import type { TrainingResults } from './messages.ts';

/** A probe task: that the tensor backend trains, and how fast on a small network. */
export async function runProbe(tf: TensorFlow): Promise<TrainingResults['probe']> {
  const [count, features, classes, batchSize] = [1024, 32, 4, 32];
  const random = randomStream({ seed: 1, round: 0, participant: 'main', purpose: 'probe' });
  const examples = {
    count,
    featureCount: features,
    features: Float32Array.from({ length: count * features }, () => random.normal()),
    labels: Float32Array.from({ length: count }, () => random.integer(classes)),
  };
  const model = buildModel(tf, { key: 'dense', hidden: [64, 32] }, { featureShape: [features], classes });
  const size = model.weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const base = Float32Array.from({ length: size }, () => random.normal() / 10);
  const run = (localEpochs: number) =>
    fitWeights({
      tf,
      model,
      base,
      examples,
      training: { localEpochs, batchSize, seed: 1, optimizer: { key: 'adam', learningRate: 0.001 } },
      random,
      breathe: async () => undefined,
      onEpoch: () => undefined,
    });
  await run(8);
  const epochs = 16;
  const beganMs = performance.now();
  await run(epochs);
  const seconds = (performance.now() - beganMs) / 1000;
  return {
    backend: tf.getBackend(),
    library: `tfjs ${tf.version_core}`,
    stepsPerSecond: Math.round((epochs * count) / batchSize / seconds),
  };
}
