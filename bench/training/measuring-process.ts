import { createInterface } from 'node:readline';
import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { randomStream } from '../../learning/random.ts';
import { defaultCacheFolder } from '../../queue/cache-folder.ts';
import { describeNumerics } from '../../services/trainer/backends/backend-plan.ts';
import { candidateBackends } from '../../services/trainer/backends/candidate-backends.ts';
import { openBackend } from '../../services/trainer/backends/load-backend.ts';
import { buildModel } from '../../services/trainer/models/index.ts';
import { createOptimizer } from '../../services/trainer/training/optimizer.ts';
import { roleVectors } from '../../services/trainer/training/weight-vector.ts';
import { MEASURED_MODELS } from './measured-models.ts';

/**
 * Trains one model on one backend as a training process does: forward, backward, Adam, and the loss read each step. It
 * answers each number of seconds on its input with the steps and the seconds it took.
 */
const [key = '', backend = 'wasm'] = process.argv.slice(2);
const measured = MEASURED_MODELS.get(key);
if (measured === undefined) throw new RangeError(`there is no model ${key}`);
const { plans, absent } = candidateBackends({ cacheFolder: defaultCacheFolder(), softwareGpu: false });
// The last plan of a backend is its fastest build.
const plan = plans.findLast(({ numerics }) => numerics.backend === backend);
if (plan === undefined) {
  const reason = absent.find(({ numerics }) => numerics.backend === backend)?.reason ?? 'unknown';
  answer({ absent: reason });
  process.exit(0);
}
const { tf, numerics } = await openBackend(plan);
const model = buildModel(tf, measured.spec, measured);
const random = randomStream({ seed: 1, round: 0, participant: 'main', purpose: 'training-bench' });
const draw = (shape: readonly number[], scale: number): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal() * scale),
    [...shape],
  );
};
const { trainable } = roleVectors(tf, model);
const optimizer = createOptimizer(tf, {
  spec: { key: 'adam', learningRate: 0.001 },
  learningRate: 0.001,
  size: trainable.size,
});
const drawn = model.weights.map(({ shape }) =>
  shape.length === 1 ? tf.zeros([...shape]) : draw(shape, Math.sqrt(2 / fanIn(shape))),
);
let weights: Tensor1D = trainable.join(drawn);
tf.dispose(drawn);
const inputs = draw([measured.batchSize, ...model.inputShape], 1);
const targets: Tensor2D = tf.tidy(() => {
  const labels = Int32Array.from({ length: measured.batchSize }, (_, row) => row % measured.classes);
  return tf.cast<Tensor2D>(tf.oneHot(labels, measured.classes) as Tensor2D, 'float32');
});

async function step(): Promise<void> {
  const next = tf.tidy(() => {
    const { lossSum, gradients } = model.lossAndGradients(
      trainable.split(weights),
      inputs as Tensor<Rank>,
      targets,
    );
    return { weights: optimizer.step(weights, trainable.join(gradients)), lossSum };
  });
  weights.dispose();
  weights = next.weights;
  await next.lossSum.data();
  next.lossSum.dispose();
}

function fanIn(shape: readonly number[]): number {
  return shape.slice(0, -1).reduce((product, length) => product * length, 1);
}

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

// Until the engine has compiled what is hot.
for (let count = 0; count < 5; count += 1) await step();
answer({ ready: describeNumerics(numerics) });
for await (const line of createInterface({ input: process.stdin })) {
  const wantedMs = Number(line) * 1000;
  const beganMs = performance.now();
  let steps = 0;
  while (performance.now() - beganMs < wantedMs) {
    await step();
    steps += 1;
  }
  const seconds = (performance.now() - beganMs) / 1000;
  // The system tells it in units of 1024 bytes.
  answer({ steps, seconds, peakMb: (process.resourceUsage().maxRSS * 1024) / 1e6 });
}
process.exit(0);
