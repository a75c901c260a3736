import type { Tensor } from '@tensorflow/tfjs-core';
import { withPauses } from '../../../../services/trainer/attacks/attack.ts';
import { deepFool } from '../../../../services/trainer/attacks/deep-fool.ts';
import { fgsm } from '../../../../services/trainer/attacks/fgsm.ts';
import { ATTACK_KEYS, attackOf } from '../../../../services/trainer/attacks/index.ts';
import { pgd } from '../../../../services/trainer/attacks/pgd.ts';
import type { TensorFlow } from '../../../../services/trainer/models/model.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';
import { linearClassifier } from './linear-classifier.ts';

const KERNEL = [
  [1, -1, 0],
  [0.5, 2, -1],
];
const INPUTS = [
  [2, 0.1],
  [0.3, 1],
  [-1, -2],
];
const TARGETS = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** What an attack comes to, without a pause. */
function atOnce(attack: Generator<void, Tensor>): Tensor {
  let step = attack.next();
  while (step.done !== true) step = attack.next();
  return step.value;
}

/** Runs an attack on the examples above. */
async function attacked(attack: ReturnType<typeof fgsm>, targets = TARGETS): Promise<number[][]> {
  const classifier = linearClassifier(tf, KERNEL);
  const result = tf.tidy(() => atOnce(attack(tf, classifier, tf.tensor2d(INPUTS), tf.tensor2d(targets))));
  const values = await result.data();
  result.dispose();
  return INPUTS.map((row, index) => [...values.slice(index * row.length, (index + 1) * row.length)]);
}

function classOf([first = 0, second = 0]: readonly number[]): number {
  const logits = [0, 1, 2].map((other) => first * KERNEL[0]![other]! + second * KERNEL[1]![other]!);
  return logits.indexOf(Math.max(...logits));
}

function lossOf([first = 0, second = 0]: readonly number[], target: number): number {
  const logits = [0, 1, 2].map((other) => first * KERNEL[0]![other]! + second * KERNEL[1]![other]!);
  return Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[target]!;
}

let tf: TensorFlow;

beforeAll(async () => {
  tf = await loadTensorFlow();
});

describe('FGSM', () => {
  it('moves every feature by epsilon along the sign of the gradient', async () => {
    const result = await attacked(fgsm(0.05));

    // The first example has the logits 2.05, -1.8, -0.1: class 2, whose kernel differs by (-1, -1.5), counts most.
    expect(result[0]![0]).toBeCloseTo(1.95, 5);
    expect(result[0]![1]).toBeCloseTo(0.05, 5);
    for (const [index, row] of result.entries()) {
      expect(lossOf(row, index)).toBeGreaterThan(lossOf(INPUTS[index]!, index));
    }
  });
});

describe('PGD', () => {
  it('stays within epsilon and raises the loss', async () => {
    const result = await attacked(pgd({ epsilon: 0.1, iterations: 5 }));

    for (const [index, row] of result.entries()) {
      for (const [feature, value] of row.entries()) {
        expect(Math.abs(value - INPUTS[index]![feature]!)).toBeLessThanOrEqual(0.1 + 1e-6);
      }
      expect(lossOf(row, index)).toBeGreaterThan(lossOf(INPUTS[index]!, index));
    }
  });

  it('takes steps of 1.25 epsilon over the iterations', async () => {
    const [row] = await attacked(pgd({ epsilon: 0.1, iterations: 1 }));
    const [first] = await attacked(pgd({ epsilon: 10, iterations: 100 }));

    // One step of 0.125 is brought back to 0.1.
    expect(row![0]).toBeCloseTo(1.9, 5);
    expect(first![0]).toBeLessThanOrEqual(2 + 10);
  });
});

describe('DeepFool', () => {
  it('goes just beyond the nearest boundary of a linear classifier', async () => {
    const result = await attacked(deepFool({ iterations: 5, overshoot: 0.02 }));

    // Class 0 against 1 at (2, 0.1): difference 2·2 - 1.5·0.1, normal (-2, 1.5); against 2: 2 + 1.5·0.1, normal (-1, -1.5).
    const nearest = Math.min(3.85 / Math.hypot(2, 1.5), 2.15 / Math.hypot(1, 1.5));
    const [first = 0, second = 0] = result[0]!;
    const way = Math.hypot(first - 2, second - 0.1);
    expect(way).toBeGreaterThan(nearest);
    expect(way).toBeLessThan(1.03 * nearest);
    for (const [index, row] of result.entries()) expect(classOf(row)).not.toBe(index);
  });

  it('leaves a misclassified example as it is', async () => {
    const wrong = [TARGETS[1]!, TARGETS[2]!, TARGETS[0]!];

    const result = await attacked(deepFool({ iterations: 5, overshoot: 0.02 }), wrong);

    for (const [index, row] of result.entries()) {
      for (const [feature, value] of row.entries()) expect(value).toBeCloseTo(INPUTS[index]![feature]!, 6);
    }
  });

  it('does not fail on a classifier without a gradient', async () => {
    const classifier = linearClassifier(tf, [
      [0, 0],
      [0, 0],
    ]);
    const attack = deepFool({ iterations: 2, overshoot: 0.02 });

    const result = tf.tidy(() =>
      atOnce(attack(tf, classifier, tf.tensor2d([[1, 2]]), tf.tensor2d([[1, 0]]))),
    );

    expect([...(await result.data())]).toEqual([1, 2]);
    result.dispose();
  });
});

describe('attacks', () => {
  it('leave no tensors behind', async () => {
    const before = tf.memory().numTensors;

    for (const key of ['fgsm', 'pgd', 'deepfool'] as const) await attacked(attackOf({ key }));

    expect(tf.memory().numTensors).toBe(before);
    expect(ATTACK_KEYS).toEqual(['fgsm', 'pgd', 'deepfool']);
  });

  it.each(['fgsm', 'pgd', 'deepfool'] as const)(
    '%s gives back all but its result, also when it is ended in one of its pauses',
    async (key) => {
      const classifier = linearClassifier(tf, KERNEL);
      const [inputs, targets] = [tf.tensor2d(INPUTS), tf.tensor2d(TARGETS)];
      const before = tf.memory().numTensors;
      const perform = (breaths: number) => {
        let left = breaths;
        return withPauses(attackOf({ key })(tf, classifier, inputs, targets), async () => {
          left -= 1;
          if (left < 0) throw new Error('ended');
        });
      };

      const result = await perform(Number.POSITIVE_INFINITY);
      const kept = tf.memory().numTensors - before;
      result.dispose();
      const ends = key === 'fgsm' ? [] : await Promise.allSettled([perform(0), perform(1), perform(3)]);

      expect(kept).toBe(1);
      expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([inputs, targets]);
    },
  );
});
