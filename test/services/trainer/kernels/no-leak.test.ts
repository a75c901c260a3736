import * as tf from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../../../../openapi/schemas.ts';
import { loadWasm } from '../../../../services/trainer/backends/load-wasm.ts';
import { buildModel } from '../../../../services/trainer/models/index.ts';
import { createOptimizer } from '../../../../services/trainer/training/optimizer.ts';
import { roleVectors } from '../../../../services/trainer/training/weight-vector.ts';

const STEPS = 2_000;
const MODELS: readonly { readonly spec: ModelSpec; readonly featureShape: readonly number[] }[] = [
  { spec: { key: 'dense' }, featureShape: [64] },
  { spec: { key: 'autoencoder', hidden: [16, 4, 16] }, featureShape: [40] },
  { spec: { key: 'cnn-2d', channels: [8, 16] }, featureShape: [8, 8] },
  { spec: { key: 'cnn-2d', channels: [8], normalisation: 'batch' }, featureShape: [8, 8] },
];

describe('training on the WASM backend', () => {
  beforeAll(() => loadWasm('simd'));

  it.each(MODELS)(
    'keeps no tensor and no memory over 2,000 steps of $spec.key',
    async ({ spec, featureShape }) => {
      const model = buildModel(tf, spec, { featureShape, classes: 4 });
      const { trainable, statistic, together } = roleVectors(tf, model);
      const optimizer = createOptimizer(tf, {
        spec: { key: 'adam', learningRate: 0.001 },
        learningRate: 0.001,
        size: trainable.size,
      });
      const inputs = tf.ones([8, ...model.inputShape]);
      const targets = tf.cast(
        tf.oneHot(tf.tensor1d([0, 1, 2, 3, 0, 1, 2, 3], 'int32'), 4),
        'float32',
      ) as tf.Tensor2D;
      let weights: tf.Tensor1D = tf.fill([trainable.size], 0.01);
      const statistics: tf.Tensor1D = tf.fill([statistic.size], 1);
      const step = async () => {
        const next = tf.tidy(() => {
          const all = together(trainable.split(weights), statistic.split(statistics));
          const result = model.lossAndGradients(all, inputs, targets);
          return {
            weights: optimizer.step(weights, trainable.join(result.gradients)),
            lossSum: result.lossSum,
          };
        });
        weights.dispose();
        weights = next.weights;
        await next.lossSum.data();
        next.lossSum.dispose();
      };
      for (let count = 0; count < STEPS / 10; count += 1) await step();
      const tensors = tf.memory().numTensors;
      const rssMb = process.memoryUsage.rss() / 1e6;

      for (let count = 0; count < STEPS; count += 1) await step();

      expect(tf.memory().numTensors).toBe(tensors);
      // One float a step in each of the model's tensors would be more; the collector's own swings are less.
      expect(process.memoryUsage.rss() / 1e6 - rssMb).toBeLessThan(60);
      optimizer.dispose();
    },
  );
});
