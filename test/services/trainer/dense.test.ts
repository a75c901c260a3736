import { randomStream } from '../../../learning/random.ts';
import { buildModel } from '../../../services/trainer/models/index.ts';
import { loadTensorFlow } from '../../../services/trainer/training/tensor-flow.ts';

describe('the dense network', () => {
  it('has gradients that agree with differences of its loss', async () => {
    const tf = await loadTensorFlow();
    const model = buildModel(tf, { key: 'dense', hidden: [5, 4] }, { featureShape: [3], classes: 3 });
    const random = randomStream({ seed: 1, round: 0, participant: 'main', purpose: 'test' });
    const values = model.weights.map(({ shape }) =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    );
    const inputs = tf.tensor2d(
      Float32Array.from({ length: 12 }, () => random.normal()),
      [4, 3],
    );
    const targets = tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], [4, 3]);
    const weights = () =>
      model.weights.map(({ shape }, index) => tf.tensor(values[index]!.slice(), [...shape]));
    const meanLoss = async () =>
      (await model.lossAndGradients(weights(), inputs, targets).lossSum.data())[0]! / 4;

    const { gradients } = model.lossAndGradients(weights(), inputs, targets);

    for (const [index, gradient] of gradients.entries()) {
      const computed = await gradient.data();
      for (const element of [0, values[index]!.length - 1]) {
        const kept = values[index]![element]!;
        values[index]![element] = kept + 0.01;
        const above = await meanLoss();
        values[index]![element] = kept - 0.01;
        const below = await meanLoss();
        values[index]![element] = kept;
        expect(computed[element]).toBeCloseTo((above - below) / 0.02, 2);
      }
    }
  });

  it('refuses an option that it does not have', async () => {
    const tf = await loadTensorFlow();

    expect(() => buildModel(tf, { key: 'dense', hiden: [4] }, { featureShape: [3], classes: 3 })).toThrow(
      expect.objectContaining({ code: 'E_INVALID_INPUT' }),
    );
  });
});
