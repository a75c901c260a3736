import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { randomStream } from '../../../../learning/random.ts';
import type { ModelSpec, OptimizerSpec } from '../../../../openapi/schemas.ts';
import { loadWasm } from '../../../../services/trainer/backends/load-wasm.ts';
import { fusedAdam } from '../../../../services/trainer/backends/wasm/optimiser-steps.ts';
import { buildModel } from '../../../../services/trainer/models/index.ts';
import { createOptimizer } from '../../../../services/trainer/training/optimizer.ts';

interface Case {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly featureShape: readonly number[];
  readonly batch: number;
}

const CASES: readonly Case[] = [
  { name: 'dense', spec: { key: 'dense' }, featureShape: [64], batch: 32 },
  { name: 'dense, odd sizes', spec: { key: 'dense', hidden: [13, 9] }, featureShape: [11], batch: 131 },
  { name: 'logistic', spec: { key: 'logistic' }, featureShape: [7], batch: 1 },
  { name: 'autoencoder', spec: { key: 'autoencoder', hidden: [24, 3, 24] }, featureShape: [30], batch: 70 },
  {
    name: 'cnn-2d',
    spec: { key: 'cnn-2d', channels: [16, 24], normalisation: 'none' },
    featureShape: [9, 14],
    batch: 3,
  },
  {
    name: 'cnn-2d with group norm',
    spec: { key: 'cnn-2d', channels: [8, 16, 24] },
    featureShape: [9, 8],
    batch: 2,
  },
  {
    name: 'cnn-2d with batch norm',
    spec: { key: 'cnn-2d', channels: [8, 16], normalisation: 'batch' },
    featureShape: [16, 16],
    batch: 4,
  },
  {
    name: 'cnn-2d with batch norm, odd channels and many places',
    spec: { key: 'cnn-2d', channels: [7], normalisation: 'batch' },
    featureShape: [61, 40],
    batch: 5,
  },
  {
    name: 'cnn-2d, odd channels',
    spec: { key: 'cnn-2d', channels: [5, 11], normalisation: 'none', kernel: 5 },
    featureShape: [13, 10],
    batch: 2,
  },
  {
    name: 'cnn-1d',
    spec: { key: 'cnn-1d', channels: [16, 8], normalisation: 'none' },
    featureShape: [70],
    batch: 2,
  },
];

const CLASSES = 4;

async function stepOn(backend: string, { spec, featureShape, batch }: Case): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const model = buildModel(tf, spec, { featureShape, classes: CLASSES });
  const random = randomStream({ seed: 3, round: 0, participant: 'main', purpose: 'fused-steps' });
  const draw = (shape: readonly number[], scale: number) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return tf.tensor(
      Float32Array.from({ length: size }, () => random.normal() * scale),
      [...shape],
    );
  };
  const weights = model.weights.map(({ shape, initialiser }) =>
    initialiser === 'ones' ? tf.ones([...shape]) : draw(shape, 0.3),
  );
  const inputs = draw([batch, ...model.inputShape], 1);
  const counts = Array.from({ length: batch }, (_, row) => 0.5 + (row % 3));
  const labels = tf.tensor1d(
    counts.map((_, row) => row % CLASSES),
    'int32',
  );
  // A row counts as much as its sum: class weights.
  const targets = tf.mul(tf.oneHot(labels, CLASSES), tf.tensor2d(counts, [batch, 1])) as tf.Tensor2D;
  const results = tf.tidy(() => {
    const { lossSum, gradients, statistics } = model.lossAndGradients(weights, inputs, targets);
    return [lossSum, ...gradients, ...statistics, model.logits(weights, inputs)];
  });
  const byInputs = tf.tidy(() => model.inputGradient(weights, inputs, targets));
  return Promise.all([...results, byInputs].map(async (tensor) => Float32Array.from(await tensor.data())));
}

async function optimisedOn(backend: string, spec: OptimizerSpec): Promise<Float32Array> {
  await tf.setBackend(backend);
  const optimizer = createOptimizer(tf, { spec, learningRate: 0.01, size: 7 });
  let weights = tf.tensor1d([1, -2, 3, -4, 5, -6, 7]);
  for (let step = 1; step <= 5; step += 1) {
    weights = tf.tidy(() => optimizer.step(weights, tf.mul(weights, step / 3)));
  }
  return Float32Array.from(await weights.data());
}

/** One step of Adam with moments so small that they count as nothing, for as many weights. */
async function momentsAfterAStepOf(count: number): Promise<number[][]> {
  const tiny = tf.fill([count], 1e-39) as tf.Tensor1D;
  const numbers = { rate: 0.01, decay1: 0.9, decay2: 0.999, epsilon: 1e-7, weightDecay: 0 };
  const step = fusedAdam(tf, { weights: tiny, gradients: tiny, mean: tiny, square: tiny, ...numbers })!;
  return Promise.all([step.mean, step.square].map(async (moment) => [...(await moment.data())]));
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const difference = Array.from(expected).reduce((most, value, index) => {
    const here = Math.abs(value - found[index]!);
    return Number.isNaN(here) ? Number.POSITIVE_INFINITY : Math.max(most, here);
  }, 0);
  expect(difference / largest).toBeLessThanOrEqual(1e-5);
}

/** Engines before Node 22 refuse relaxed SIMD; its tests are then skipped by name. */
const runsRelaxed = Number(process.versions.node.split('.')[0]) >= 22;

describe.each([
  { build: 'simd', describeHere: describe },
  { build: 'relaxed-simd', describeHere: runsRelaxed ? describe : describe.skip },
] as const)('kernels by build', ({ build, describeHere }) => {
  describeHere(`with our ${build} kernels`, () => {
    beforeAll(async () => {
      // Keeps the library from advertising its other packages.
      tf.env().set('PROD', true);
      await loadWasm(build);
    });

    it.each(CASES.map((each) => [each.name, each] as const))(
      'a step of %s has the loss and the gradients of the same step without them',
      async (_name, each) => {
        const expected = await stepOn('cpu', each);

        const found = await stepOn('wasm', each);

        expect(found.length).toBe(expected.length);
        for (const [index, values] of expected.entries()) expectClose(found[index]!, values);
      },
    );

    it.each([
      { key: 'sgd' },
      { key: 'momentum', momentum: 0.8 },
      { key: 'adam' },
      { key: 'adamw', weightDecay: 0.05 },
    ] as const)('$key moves weights as without them', async (spec) => {
      const optimizer: OptimizerSpec = { learningRate: 0.01, ...spec };
      const expected = await optimisedOn('cpu', optimizer);

      const found = await optimisedOn('wasm', optimizer);

      expectClose(found, expected);
    });

    it.each([3, 4, 7])('adam leaves no number too small for full precision, of %d weights', async (count) => {
      await tf.setBackend('wasm');

      for (const moment of await momentsAfterAStepOf(count)) expect(moment).toEqual(Array(count).fill(0));
    });
  });
});
