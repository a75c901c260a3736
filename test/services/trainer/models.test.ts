import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { type RandomStream, randomStream } from '../../../learning/random.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { buildModel } from '../../../services/trainer/models/index.ts';
import type { Mode, Model, TensorFlow } from '../../../services/trainer/models/model.ts';
import { loadTensorFlow } from '../../../services/trainer/training/tensor-flow.ts';

const CLASSES = 3;
const BATCH = 4;

interface Case {
  readonly spec: ModelSpec;
  readonly featureShape: readonly number[];
}

const MODELS: readonly (readonly [string, Case])[] = [
  ['dense', { spec: { key: 'dense', hidden: [5, 4] }, featureShape: [6] }],
  ['logistic', { spec: { key: 'logistic' }, featureShape: [2, 3] }],
  ['cnn-2d with group norm', { spec: { key: 'cnn-2d', channels: [4, 6] }, featureShape: [9, 6] }],
  [
    'cnn-2d with batch norm and the largest values',
    {
      spec: { key: 'cnn-2d', channels: [4], normalisation: 'batch', pooling: 'maximum' },
      featureShape: [8, 6],
    },
  ],
  [
    'cnn-2d without normalisation, kernels of 5',
    { spec: { key: 'cnn-2d', channels: [3], normalisation: 'none', kernel: 5 }, featureShape: [8, 7] },
  ],
  ['cnn-1d', { spec: { key: 'cnn-1d', channels: [4, 4], kernel: 5, pool: 2 }, featureShape: [16] }],
  [
    'cnn-1d with both poolings',
    { spec: { key: 'cnn-1d', channels: [4], kernel: 3, pool: 2, pooling: 'both' }, featureShape: [8, 2] },
  ],
];

let tf: TensorFlow;
beforeAll(async () => {
  tf = await loadTensorFlow();
});

/** A model with weights and a batch, drawn from one stream. */
function sample({ spec, featureShape }: Case) {
  const model = buildModel(tf, spec, { featureShape, classes: CLASSES });
  const random = randomStream({ seed: 3, round: 0, participant: 'main', purpose: 'test' });
  const values = model.weights.map(({ shape, name }) =>
    numbers(random, count(shape)).map((value) => (name.endsWith('variance') ? 1 + value ** 2 : value / 2)),
  );
  const inputs = numbers(random, BATCH * count(model.inputShape));
  const targets = [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0];
  return { model, values, inputs, targets };
}

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const numbers = (random: RandomStream, length: number) =>
  Float32Array.from({ length }, () => random.normal());

/** The mean loss, computed from the logits in double precision. */
async function meanLoss(
  model: Model,
  values: readonly Float32Array[],
  inputs: Float32Array,
  targets: readonly number[],
  mode: Mode,
): Promise<number> {
  const logits = tf.tidy(() => model.logits(tensorsOf(model, values), batchOf(model, inputs), mode));
  const rows = await logits.data();
  logits.dispose();
  let loss = 0;
  for (let row = 0; row < BATCH; row += 1) {
    const own = Array.from(rows.slice(row * CLASSES, (row + 1) * CLASSES));
    const logSum = Math.log(own.reduce((sum, value) => sum + Math.exp(value), 0));
    own.forEach((value, index) => {
      loss += targets[row * CLASSES + index]! * (logSum - value);
    });
  }
  return loss / BATCH;
}

const tensorsOf = (model: Model, values: readonly Float32Array[]): Tensor[] =>
  model.weights.map(({ shape }, index) => tf.tensor(values[index]!.slice(), [...shape]));
const batchOf = (model: Model, inputs: Float32Array): Tensor =>
  tf.tensor(inputs.slice(), [BATCH, ...model.inputShape]);
const targetsOf = (targets: readonly number[]): Tensor2D => tf.tensor2d([...targets], [BATCH, CLASSES]);

/** The derivative by one of the numbers, from two values of the loss. */
async function difference(of: Float32Array, at: number, loss: () => Promise<number>): Promise<number> {
  const step = 0.005;
  const kept = of[at]!;
  of[at] = kept + step;
  const above = await loss();
  of[at] = kept - step;
  const below = await loss();
  of[at] = kept;
  return (above - below) / (2 * step);
}

/** Some places of an array, its ends among them. */
const places = (length: number) => [
  ...new Set([0, Math.floor(length / 3), Math.floor(length / 2), length - 1]),
];

describe.each(MODELS)('the model %s', (_name, each) => {
  it('has gradients of its weights that agree with differences of its loss', async () => {
    const { model, values, inputs, targets } = sample(each);
    const { gradients } = model.lossAndGradients(
      tensorsOf(model, values),
      batchOf(model, inputs),
      targetsOf(targets),
    );

    const trainable = model.weights.flatMap(({ role }, index) => (role === 'trainable' ? [index] : []));
    expect(gradients.length).toBe(trainable.length);
    for (const [position, index] of trainable.entries()) {
      const own = values[index]!;
      const computed = await gradients[position]!.data();
      expect(computed.length).toBe(own.length);
      for (const at of places(own.length)) {
        const expected = await difference(own, at, () =>
          meanLoss(model, values, inputs, targets, 'training'),
        );
        expect([model.weights[index]!.name, at, Math.abs(computed[at]! - expected) < 0.01]).toEqual([
          model.weights[index]!.name,
          at,
          true,
        ]);
      }
    }
  });

  it('has a gradient by its inputs that agrees with differences of its loss in inference mode', async () => {
    const { model, values, inputs, targets } = sample(each);
    const gradient = model.inputGradient(
      tensorsOf(model, values),
      batchOf(model, inputs),
      targetsOf(targets),
    );

    expect(gradient.shape).toEqual([BATCH, ...model.inputShape]);
    const computed = await gradient.data();
    for (const at of places(inputs.length)) {
      const expected = await difference(inputs, at, () =>
        meanLoss(model, values, inputs, targets, 'inference'),
      );
      expect([at, Math.abs(computed[at]! - expected) < 0.01]).toEqual([at, true]);
    }
  });

  it('leaves no tensor behind', () => {
    const { model, values, inputs, targets } = sample(each);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      model.lossAndGradients(tensorsOf(model, values), batchOf(model, inputs), targetsOf(targets));
      model.inputGradient(tensorsOf(model, values), batchOf(model, inputs), targetsOf(targets));
    });

    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('batch norm', () => {
  it('moves its running statistics by a tenth towards those of the batch, and uses them in inference', async () => {
    const { model, values, inputs, targets } = sample(MODELS[3]![1]);
    const { statistics } = model.lossAndGradients(
      tensorsOf(model, values),
      batchOf(model, inputs),
      targetsOf(targets),
    );
    const [training, inference] = (['training', 'inference'] as const).map((mode) =>
      model.logits(tensorsOf(model, values), batchOf(model, inputs), mode),
    );

    const names = model.weights.flatMap(({ name, role }) => (role === 'statistic' ? [name] : []));
    expect(names).toEqual(['block-1/norm-1/mean', 'block-1/norm-1/variance']);
    expect(statistics.map(({ shape }) => shape)).toEqual([[4], [4]]);
    expect(await training!.data()).not.toEqual(await inference!.data());
  });
});

describe('the large networks', () => {
  it.each([
    ['cnn-4', [32, 16], 4_300_000],
    ['vgg-15', [373, 64], 14_900_000],
  ])('%s has about as many weights as published', (key, featureShape, least) => {
    const model = buildModel(tf, { key }, { featureShape, classes: 7 });
    const size = model.weights.reduce((sum, { shape }) => sum + count(shape), 0);

    expect(size / least).toBeGreaterThan(0.95);
    expect(size / least).toBeLessThan(1.05);
  });
});

describe('a model', () => {
  it.each([
    [{ key: 'cnn-2d' }, [32]],
    [{ key: 'cnn-2d' }, [4, 4]],
    [{ key: 'cnn-2d', channels: [0] }, [32, 32]],
    [{ key: 'cnn-2d', channels: 'many' }, [32, 32]],
    [{ key: 'cnn-1d', normalisation: 'layer' }, [64]],
    [{ key: 'vgg-15', dropout: 0.5 }, [373, 64]],
    [{ key: 'logistic', hidden: [3] }, [8]],
  ])('is refused where options or features do not fit: %j on %j', (spec, featureShape) => {
    expect(() => buildModel(tf, spec, { featureShape, classes: CLASSES })).toThrow(
      expect.objectContaining({ code: 'E_INVALID_INPUT' }),
    );
  });
});
