import { randomStream } from '../../../../learning/random.ts';
import type { TrainingSpec } from '../../../../openapi/schemas.ts';
import { CodedError } from '../../../../runtime/errors.ts';
import {
  type AdversarialTraining,
  adversarialTraining,
  halfAttacked,
} from '../../../../services/trainer/attacks/adversarial-training.ts';
import type { Attack } from '../../../../services/trainer/attacks/attack.ts';
import { fgsm } from '../../../../services/trainer/attacks/fgsm.ts';
import { pgd } from '../../../../services/trainer/attacks/pgd.ts';
import { attackedAtOnce } from '../../../../services/trainer/attacks/score-attacked.ts';
import { buildModel } from '../../../../services/trainer/models/index.ts';
import { fitWeights } from '../../../../services/trainer/training/fit-weights.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';
import { linearClassifier } from './linear-classifier.ts';

const TRAINING: TrainingSpec = {
  localEpochs: 1,
  batchSize: 8,
  seed: 1,
  optimizer: { key: 'adam', learningRate: 0.001 },
};

const noPause = async () => undefined;

describe('adversarial training', () => {
  it('begins in round 2, with alpha 0.5, unless the federation says otherwise', () => {
    const adversarial = { attack: { key: 'pgd' } } as const;

    expect(adversarialTraining({ key: 'dense' }, { ...TRAINING, adversarial }, 1)).toBeUndefined();
    expect(adversarialTraining({ key: 'dense' }, { ...TRAINING, adversarial }, 2)?.alpha).toBe(0.5);
    const later = { ...adversarial, fromRound: 4, alpha: 0.25 };
    expect(adversarialTraining({ key: 'dense' }, { ...TRAINING, adversarial: later }, 3)).toBeUndefined();
    expect(adversarialTraining({ key: 'dense' }, { ...TRAINING, adversarial: later }, 4)?.alpha).toBe(0.25);
  });

  it('is what the model key fgsm_cnn means, and no other', () => {
    expect(adversarialTraining({ key: 'fgsm_cnn' }, TRAINING, 2)).toBeDefined();
    expect(adversarialTraining({ key: 'cnn-4' }, TRAINING, 2)).toBeUndefined();
  });

  it('attacks the second half of a batch only', async () => {
    const tf = await loadTensorFlow();
    const classifier = linearClassifier(tf, [
      [1, -1],
      [-2, 1],
    ]);
    const inputs = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);

    const targets = tf.tensor2d([1, 0, 1, 0, 1, 0], [3, 2]);
    const output = await halfAttacked(tf, fgsm(0.5), classifier, inputs, targets, noPause);

    // Class 0 has the kernel (1, -2) against (-1, 1): the loss grows with the first feature falling and the second rising.
    expect([...(await output.data())]).toEqual([1, 2, 3, 4, 4.5, 6.5]);
    tf.dispose([inputs, targets, output]);
  });

  it('leaves a single example clean', async () => {
    const tf = await loadTensorFlow();
    const classifier = linearClassifier(tf, [[1, -1]]);
    const inputs = tf.tensor2d([[1]]);

    const targets = tf.tensor2d([[1, 0]]);
    const output = await halfAttacked(tf, fgsm(0.5), classifier, inputs, targets, noPause);

    expect([...(await output.data())]).toEqual([1]);
    tf.dispose([inputs, targets, output]);
  });

  describe('of a network', () => {
    const train = async (
      adversarial: AdversarialTraining,
      { breathe = noPause, ...changes }: Partial<TrainingSpec> & { breathe?: () => Promise<void> } = {},
    ) => {
      const tf = await loadTensorFlow();
      const model = buildModel(tf, { key: 'dense', hidden: [4] }, { featureShape: [3], classes: 2 });
      const random = randomStream({ seed: 1, round: 0, participant: 'main', purpose: 'test' });
      const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
      const labels = Float32Array.from({ length: 8 }, (_, index) => index % 2);
      const examples = { count: 8, featureCount: 3, features: draw(24), labels };
      const training = { ...TRAINING, ...changes };
      const onEpoch = () => undefined;
      return fitWeights({
        tf,
        model,
        base: draw(26),
        examples,
        training,
        adversarial,
        random,
        breathe,
        onEpoch,
      });
    };

    it('pauses within a step, after the passes of its attack', async () => {
      let pauses = 0;
      await train(
        { attack: pgd({ epsilon: 0.1, iterations: 5 }), alpha: 0.5 },
        {
          breathe: async () => {
            pauses += 1;
          },
        },
      );

      // Between five passes, after the only step, and after the epoch.
      expect(pauses).toBe(4 + 1 + 1);
    });

    it('ends in the middle of a step when it is called off, and leaves no tensor', async () => {
      const { numTensors } = (await loadTensorFlow()).memory();
      const breathe = async () => {
        throw new CodedError('E_ABORTED', 'called off');
      };

      const outcome = train({ attack: pgd({ epsilon: 0.1, iterations: 5 }), alpha: 0.5 }, { breathe });

      await expect(outcome).rejects.toMatchObject({ code: 'E_ABORTED' });
      expect((await loadTensorFlow()).memory().numTensors).toBe(numTensors);
    });

    it('tells attacks the true classes, whatever they count in the loss', async () => {
      const told: number[] = [];
      const attack: Attack = function* (tf, classifier, inputs, targets) {
        told.push(...targets.dataSync());
        return yield* fgsm(0.1)(tf, classifier, inputs, targets);
      };

      await train({ attack, alpha: 0.5 }, { classWeights: [3, 0.25] });

      expect(told).toHaveLength(8);
      expect([...new Set(told)].sort()).toEqual([0, 1]);
    });
  });
});

describe('the examples that are attacked together', () => {
  it('are fewer the larger they are, and at least one', () => {
    expect([16, 62 * 40, 373 * 64, 1e6].map(attackedAtOnce)).toEqual([8, 8, 2, 1]);
  });
});
