import { randomStream } from '../../../learning/random.ts';
import type { TrainingSpec } from '../../../openapi/schemas.ts';
import { normalClasses } from '../../../services/trainer/models/anomaly-spec.ts';
import { buildModel } from '../../../services/trainer/models/index.ts';
import type { Model, TensorFlow } from '../../../services/trainer/models/model.ts';
import { detectAnomalies, onlyNormal } from '../../../services/trainer/training/detect-anomalies.ts';
import { fitWeights } from '../../../services/trainer/training/fit-weights.ts';
import type { StandardisedExamples } from '../../../services/trainer/training/standardise.ts';
import { loadTensorFlow } from '../../../services/trainer/training/tensor-flow.ts';

const FEATURES = 6;
const CLASSES = ['fine', 'worn'];
const SPEC = { key: 'autoencoder', hidden: [8, 2, 8], quantile: 0.98 };
const random = () => randomStream({ seed: 2, round: 0, participant: 'main', purpose: 'test' });

let tf: TensorFlow;
let model: Model;
let base: Float32Array;
beforeAll(async () => {
  tf = await loadTensorFlow();
  model = buildModel(tf, SPEC, { featureShape: [FEATURES], classes: 2 });
  const stream = random();
  const size = model.weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  base = Float32Array.from({ length: size }, () => stream.normal() / 2);
});

/** What is fine lies near a plane, what is worn anywhere. */
function examples(count: number, wornShare: number): StandardisedExamples {
  const stream = random();
  const features = new Float32Array(count * FEATURES);
  const labels = new Float32Array(count);
  for (let row = 0; row < count; row += 1) {
    const worn = stream.uniform() < wornShare;
    labels[row] = worn ? 1 : 0;
    const [a, b] = [stream.normal(), stream.normal()];
    for (let column = 0; column < FEATURES; column += 1) {
      const value = worn ? 2 * stream.normal() : (column % 2 === 0 ? a : b) + 0.05 * stream.normal();
      features[row * FEATURES + column] = value;
    }
  }
  return { count, featureCount: FEATURES, features, labels };
}

describe('an autoencoder', () => {
  it('has the gradients of its mean squared error, by weights and by inputs', async () => {
    const stream = random();
    const inputs = Float32Array.from({ length: 3 * FEATURES }, () => stream.normal());
    const shapes = model.weights.map(({ shape }) => [...shape]);
    let end = 0;
    const values = shapes.map((shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      end += size;
      return base.slice(end - size, end);
    });
    const run = async (own: readonly Float32Array[], x: Float32Array) => {
      const [weights, batch] = [own.map((v, i) => tf.tensor(v, shapes[i]!)), tf.tensor2d(x, [3, FEATURES])];
      const unused = tf.zeros<import('@tensorflow/tfjs-core').Rank.R2>([3, 2]);
      const { lossSum, gradients } = model.lossAndGradients(weights, batch, unused);
      return {
        loss: (await lossSum.data())[0]! / 3,
        gradients: await Promise.all(gradients.map((gradient) => gradient.data())),
        byInputs: await model.inputGradient(weights, batch, unused).data(),
      };
    };
    const { gradients, byInputs } = await run(values, inputs);
    const moved = (array: Float32Array, index: number, by: number) =>
      array.map((value, place) => (place === index ? value + by : value));
    const step = 1e-2;

    for (const [tensor, index] of [
      [0, 3],
      [2, 1],
      [4, 5],
      [7, 2],
    ] as const) {
      const at = (by: number) =>
        run(
          values.map((v, i) => (i === tensor ? moved(v, index, by) : v)),
          inputs,
        );
      const slope = ((await at(step)).loss - (await at(-step)).loss) / (2 * step);
      expect(gradients[tensor]![index]).toBeCloseTo(slope, 2);
    }
    for (const index of [0, 7, 16]) {
      const at = (by: number) => run(values, moved(inputs, index, by));
      const slope = ((await at(step)).loss - (await at(-step)).loss) / (2 * step);
      expect(byInputs[index]).toBeCloseTo(slope, 2);
    }
  });

  it('learns what is normal and notices most of the rest', async () => {
    const train = examples(600, 0);
    const training: TrainingSpec = {
      localEpochs: 60,
      batchSize: 32,
      seed: 1,
      optimizer: { key: 'adam', learningRate: 0.01 },
    };
    const breathe = async () => undefined;
    const losses: number[] = [];
    const weights = await fitWeights({
      tf,
      model,
      base,
      examples: train,
      training,
      random: random(),
      breathe,
      onEpoch: (_, loss) => losses.push(loss),
    });
    const test = examples(400, 0.3);
    const sums = await detectAnomalies({
      tf,
      spec: SPEC,
      model,
      weights,
      classes: CLASSES,
      train,
      examples: test,
      breathe,
    });
    const [fine, worn] = sums.confusion!;

    expect(losses.at(-1)).toBeLessThan(losses[0]! / 3);
    expect(sums.exampleCount).toBe(400);
    expect(fine![0]! / (fine![0]! + fine![1]!)).toBeGreaterThan(0.9);
    expect(worn![1]! / (worn![0]! + worn![1]!)).toBeGreaterThan(0.7);
  });

  it('trains on normal examples alone, and refuses to without one', () => {
    const mixed = examples(50, 0.5);

    const normal = onlyNormal(mixed, [true, false]);

    expect(normal.count).toBe(mixed.labels.filter((label) => label === 0).length);
    expect(normal.features.length).toBe(normal.count * FEATURES);
    expect(() => onlyNormal(examples(5, 1), [true, false])).toThrow(
      expect.objectContaining({ code: 'E_TOO_FEW_EXAMPLES' }),
    );
  });

  it('takes the first class for normal, or those that are named', () => {
    expect(normalClasses(SPEC, ['a', 'b', 'c'])).toEqual([true, false, false]);
    expect(normalClasses({ ...SPEC, normal: ['b', 'c'] }, ['a', 'b', 'c'])).toEqual([false, true, true]);
    for (const normal of [['d'], ['a', 'b', 'c'], [], 'a']) {
      expect(() => normalClasses({ ...SPEC, normal }, ['a', 'b', 'c'])).toThrow(
        expect.objectContaining({ code: 'E_INVALID_INPUT' }),
      );
    }
  });
});
