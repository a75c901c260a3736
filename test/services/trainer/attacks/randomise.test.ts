import { randomStream } from '../../../../learning/random.ts';
import { drawTransformation } from '../../../../services/trainer/attacks/randomise.ts';
import { randomisedClassifier } from '../../../../services/trainer/attacks/randomised-classifier.ts';
import type { TensorFlow } from '../../../../services/trainer/models/model.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';
import { linearClassifier } from './linear-classifier.ts';

const SHAPE = [3, 5, 4, 1];
const SPEC = { growth: [3, 2] as const, padding: 0.5 };

const stream = (purpose: string) => randomStream({ seed: 1, round: 0, participant: 'test', purpose });

let tf: TensorFlow;

beforeAll(async () => {
  tf = await loadTensorFlow();
});

describe('a drawn transformation', () => {
  it('puts every row and column into a frame of padding, in order', async () => {
    const inputs = tf.tensor4d(
      Array.from({ length: 60 }, (_, index) => 10 + index),
      [3, 5, 4, 1],
    );

    const output = tf.tidy(() => drawTransformation(tf, SHAPE, SPEC, stream('order')).apply(inputs));

    expect(output.shape).toEqual([3, 8, 6, 1]);
    const values = await output.data();
    for (let example = 0; example < 3; example += 1) {
      const rows = Array.from({ length: 8 }, (_, row) => [
        ...values.slice((example * 8 + row) * 6, (example * 8 + row + 1) * 6),
      ]);
      const inside = rows.flat().filter((value) => value !== 0.5);
      expect(new Set(inside).size).toBe(20);
      expect([...new Set(inside)].sort((a, b) => a - b)[0]).toBe(10 + example * 20);
      for (const row of rows) {
        const kept = row.filter((value) => value !== 0.5);
        expect(kept).toEqual([...kept].sort((a, b) => a - b));
      }
    }
    tf.dispose([inputs, output]);
  });

  it('carries a gradient back by the transposed map', async () => {
    const transformation = () => drawTransformation(tf, SHAPE, { ...SPEC, padding: 0 }, stream('adjoint'));
    const inputs = tf.randomNormal(SHAPE, 0, 1, 'float32', 7);
    const gradient = tf.randomNormal([3, 8, 6, 1], 0, 1, 'float32', 8);

    const [forth, back] = tf.tidy(() => [
      tf.sum(tf.mul(transformation().apply(inputs), gradient)),
      tf.sum(tf.mul(inputs, transformation().carryBack(gradient))),
    ]);

    expect((await forth!.data())[0]).toBeCloseTo((await back!.data())[0]!, 4);
    tf.dispose([inputs, gradient, forth!, back!]);
  });
});

describe('a randomised classifier', () => {
  const kernel = Array.from({ length: 48 }, (_, index) => [Math.sin(index), Math.cos(3 * index)]);

  it('answers differently each time, and by the mean of its draws', async () => {
    const inner = linearClassifier(tf, kernel);
    const inputs = tf.randomNormal(SHAPE, 0, 1, 'float32', 9);
    const once = randomisedClassifier({ tf, inner, spec: SPEC, random: stream('a'), draws: 1 });
    const many = randomisedClassifier({ tf, inner, spec: SPEC, random: stream('a'), draws: 3 });

    const single = await Promise.all(
      [1, 2, 3].map(async () => {
        const logits = tf.tidy(() => once.logits(inputs));
        const values = await logits.data();
        logits.dispose();
        return [...values];
      }),
    );
    const logits = tf.tidy(() => many.logits(inputs));
    const mean = await logits.data();

    expect(single[0]).not.toEqual(single[1]);
    for (const [index, value] of mean.entries()) {
      expect(value).toBeCloseTo((single[0]![index]! + single[1]![index]! + single[2]![index]!) / 3, 4);
    }
    tf.dispose([inputs, logits]);
  });

  it('gives gradients of the shape of the unchanged inputs and keeps no tensors', () => {
    const inner = linearClassifier(tf, kernel);
    const inputs = tf.randomNormal(SHAPE, 0, 1, 'float32', 10);
    const before = tf.memory().numTensors;
    const classifier = randomisedClassifier({ tf, inner, spec: SPEC, random: stream('b'), draws: 4 });

    const shape = tf.tidy(() =>
      classifier
        .inputGradient(
          inputs,
          tf.tensor2d([
            [1, 0],
            [0, 1],
            [1, 0],
          ]),
        )
        .shape.slice(),
    );

    expect(shape).toEqual(SHAPE);
    expect(tf.memory().numTensors).toBe(before);
    inputs.dispose();
  });
});
