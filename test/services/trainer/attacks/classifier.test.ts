import type { Tensor } from '@tensorflow/tfjs-core';
import { randomStream } from '../../../../learning/random.ts';
import { classifierOf } from '../../../../services/trainer/attacks/classifier.ts';
import { fgsm } from '../../../../services/trainer/attacks/fgsm.ts';
import { adversarialStep } from '../../../../services/trainer/attacks/training-step.ts';
import { buildModel } from '../../../../services/trainer/models/index.ts';
import type { Model, TensorFlow } from '../../../../services/trainer/models/model.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';

const SPEC = { key: 'cnn-2d', channels: [3, 4], normalisation: 'batch', pooling: 'both' };
const SHAPE = [5, 12, 8, 1];

let tf: TensorFlow;
let model: Model;
let weights: readonly Tensor[];
let inputs: Float32Array;

beforeAll(async () => {
  tf = await loadTensorFlow();
  model = buildModel(tf, SPEC, { featureShape: [12, 8], classes: 3 });
  const random = randomStream({ seed: 3, round: 0, participant: 'main', purpose: 'test' });
  const draw = (shape: readonly number[], of: () => number) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, of);
  weights = model.weights.map(({ shape, name }) => {
    const isVariance = name.endsWith('variance');
    return tf.tensor(
      draw(shape, () => (isVariance ? 1 + random.uniform() : random.normal() / 2)),
      [...shape],
    );
  });
  inputs = draw(SHAPE, () => random.normal());
});

describe('a convolutional classifier under attack', () => {
  it('has gradients of logit differences that agree with differences', async () => {
    const classifier = classifierOf(tf, model, weights);
    const directions = () => tf.tensor2d([1, -1, 0, 0, 1, -1, -1, 0, 1, 1, 0, -1, 0, -1, 1], [5, 3]);
    const value = async () => {
      const sum = tf.tidy(() =>
        tf.sum(tf.mul(classifier.logits(tf.tensor(inputs.slice(), SHAPE)), directions())),
      );
      const [number = 0] = await sum.data();
      sum.dispose();
      return number;
    };

    const gradient = tf.tidy(() => classifier.logitGradient(tf.tensor(inputs.slice(), SHAPE), directions()));
    const computed = await gradient.data();
    gradient.dispose();

    for (const element of [0, 97, 201, 333, 479]) {
      const kept = inputs[element]!;
      inputs[element] = kept + 0.004;
      const above = await value();
      inputs[element] = kept - 0.004;
      const below = await value();
      inputs[element] = kept;
      expect(computed[element]).toBeCloseTo((above - below) / 0.008, 2);
    }
  });

  it('is trained with the stated shares of the clean and the attacked half', async () => {
    const targets = tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0], [5, 3]);
    const batch = tf.tensor(inputs.slice(), SHAPE);
    const meanLoss = async (alpha: number) => {
      const step = adversarialStep(tf, model, { attack: fgsm(0.3), alpha });
      const seen = await step.seen(weights, batch, targets, async () => undefined);
      const loss = tf.tidy(() => step.lossAndGradients(weights, seen, targets).lossSum);
      const [sum = 0] = await loss.data();
      tf.dispose([seen, loss]);
      return sum / 5;
    };

    const [attacked, half, clean] = [await meanLoss(0), await meanLoss(0.5), await meanLoss(1)];

    expect(half).toBeCloseTo((attacked + clean) / 2, 4);
    const three = tf.tidy(
      () =>
        model.lossAndGradients(
          weights,
          tf.slice(batch, [0, 0, 0, 0], [3, 12, 8, 1]),
          tf.slice(targets, [0, 0], [3, 3]),
        ).lossSum,
    );
    expect(clean).toBeCloseTo((await three.data())[0]! / 3, 4);
    tf.dispose([targets, batch, three]);
  });
});
