import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { OptimizerSpec, TrainingSpec } from '../../../openapi/schemas.ts';
import type { TensorFlow } from '../../../services/trainer/models/model.ts';
import { crossEntropy } from '../../../services/trainer/models/sequential.ts';
import { classWeightsOf } from '../../../services/trainer/training/class-weights.ts';
import { earlyStop } from '../../../services/trainer/training/early-stop.ts';
import { learningRateOf } from '../../../services/trainer/training/learning-rate.ts';
import { createOptimizer } from '../../../services/trainer/training/optimizer.ts';
import { loadTensorFlow } from '../../../services/trainer/training/tensor-flow.ts';

let tf: TensorFlow;
beforeAll(async () => {
  tf = await loadTensorFlow();
});

/** Weights after each step of an optimizer on these gradients. */
async function stepped(
  spec: OptimizerSpec,
  gradients: readonly (readonly number[])[],
  maximumGradientNorm?: number,
): Promise<number[][]> {
  const { learningRate } = spec;
  const optimizer = createOptimizer(tf, { spec, learningRate, size: 2, maximumGradientNorm });
  let weights: Tensor1D = tf.tensor1d([1, -2]);
  const seen: number[][] = [];
  for (const gradient of gradients) {
    const next: Tensor1D = tf.tidy(() => optimizer.step(weights, tf.tensor1d([...gradient])));
    weights.dispose();
    weights = next;
    seen.push([...(await weights.data())]);
  }
  weights.dispose();
  optimizer.dispose();
  return seen;
}

describe('an optimizer', () => {
  const twice = [
    [1, -0.5],
    [1, -0.5],
  ];

  it.each<[string, OptimizerSpec, readonly (readonly number[])[]]>([
    [
      'sgd',
      { key: 'sgd', learningRate: 0.1 },
      [
        [0.9, -1.95],
        [0.8, -1.9],
      ],
    ],
    // Velocities 1 and 1.5.
    [
      'momentum',
      { key: 'momentum', learningRate: 0.1, momentum: 0.5 },
      [
        [0.9, -1.95],
        [0.75, -1.875],
      ],
    ],
    // With a constant gradient each step is the learning rate against its sign.
    [
      'adam',
      { key: 'adam', learningRate: 0.1 },
      [
        [0.9, -1.9],
        [0.8, -1.8],
      ],
    ],
    // Besides, a hundredth of each weight goes.
    [
      'adamw',
      { key: 'adamw', learningRate: 0.1, weightDecay: 0.1 },
      [
        [0.89, -1.88],
        [0.7811, -1.7612],
      ],
    ],
  ])('%s steps as computed by hand and leaves no tensor', async (_, spec, expected) => {
    const before = tf.memory().numTensors;

    const seen = await stepped(spec, twice);

    for (const [step, weights] of expected.entries()) {
      for (const [index, value] of weights.entries()) expect(seen[step]![index]).toBeCloseTo(value, 5);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('shortens long gradients to the norm and leaves others, zero among them, alone', async () => {
    const spec = { key: 'sgd', learningRate: 1 } as const;

    const [long, short, none] = await stepped(
      spec,
      [
        [3, -4],
        [0.3, -0.4],
        [0, 0],
      ],
      1,
    );

    expect(long![0]).toBeCloseTo(1 - 0.6, 6);
    expect(long![1]).toBeCloseTo(-2 + 0.8, 6);
    expect(short![0]).toBeCloseTo(0.1, 6);
    expect(none).toEqual(short);
  });
});

describe('the learning rate of a round', () => {
  const spec: TrainingSpec = {
    localEpochs: 1,
    batchSize: 1,
    seed: 1,
    optimizer: { key: 'sgd', learningRate: 0.5 },
  };
  const rates = (schedule: TrainingSpec['schedule'], rounds: readonly number[]) =>
    rounds.map((round) => learningRateOf({ ...spec, ...(schedule && { schedule }) }, round));

  it('is the optimizer’s without a schedule', () => {
    expect(rates(undefined, [1, 100])).toEqual([0.5, 0.5]);
  });

  it('falls in steps', () => {
    expect(rates({ key: 'step', everyRounds: 2, factor: 0.5 }, [1, 2, 3, 4, 5])).toEqual([
      0.5, 0.5, 0.25, 0.25, 0.125,
    ]);
  });

  it('falls along half a cosine and stays at its end', () => {
    const [first, middle, last, after] = rates({ key: 'cosine', overRounds: 3, final: 0.1 }, [1, 2, 3, 9]);

    expect(first).toBe(0.5);
    expect(middle).toBeCloseTo(0.275, 12);
    expect([last, after]).toEqual([0.05, 0.05]);
  });

  it('warms up', () => {
    expect(rates({ key: 'constant', warmUpRounds: 3 }, [1, 2, 3, 4])).toEqual([0.125, 0.25, 0.375, 0.5]);
  });
});

describe('class weights', () => {
  it('are balanced so that each class that occurs counts alike', () => {
    const weights = classWeightsOf('balanced', [0, 0, 0, 2], 3)!;

    expect(weights[0]).toBeCloseTo(2 / 3, 6);
    expect([weights[1], weights[2]]).toEqual([0, 2]);
  });

  it('are as many as classes', () => {
    expect(classWeightsOf([1, 2], [0], 2)).toEqual(Float32Array.of(1, 2));
    expect(() => classWeightsOf([1, 2], [0], 3)).toThrow(
      expect.objectContaining({ code: 'E_INVALID_INPUT' }),
    );
    expect(classWeightsOf(undefined, [0], 3)).toBeUndefined();
  });

  it('count in the loss and its derivative as so many examples would', async () => {
    const logits = tf.tensor2d([
      [0.2, -0.3],
      [1, 0.5],
      [1, 0.5],
    ]);
    const once = tf.slice(logits, [0, 0], [2, 2]);
    const double = crossEntropy(
      tf,
      logits,
      tf.tensor2d([
        [1, 0],
        [0, 1],
        [0, 1],
      ]),
    );
    const weighted = crossEntropy(
      tf,
      once,
      tf.tensor2d([
        [1, 0],
        [0, 2],
      ]),
    );

    expect((await weighted.lossSum.data())[0]).toBeCloseTo((await double.lossSum.data())[0]!, 5);
    const [one, other] = [await weighted.slope.data(), await double.slope.data()];
    // Means over two examples and over three.
    expect(one[3]! * 2).toBeCloseTo((other[3]! + other[5]!) * 3, 5);
    tf.dispose([logits, once, double.lossSum, double.slope, weighted.lossSum, weighted.slope]);
  });
});

describe('early stop', () => {
  it('ends after so many epochs in a row without a gain', () => {
    const ended = earlyStop({ patience: 2, minimumGain: 0.1 });

    expect([1, 0.8, 0.75, 0.65, 0.6, 0.58, 0.57].map(ended)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it('never ends without a specification', () => {
    expect([1, 1, 1].map(earlyStop(undefined))).toEqual([false, false, false]);
  });
});
