import type { TrainingSpec } from '../../../../openapi/schemas.ts';
import {
  adversarialTraining,
  halfAttacked,
} from '../../../../services/trainer/attacks/adversarial-training.ts';
import { fgsm } from '../../../../services/trainer/attacks/fgsm.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';
import { linearClassifier } from './linear-classifier.ts';

const TRAINING: TrainingSpec = {
  localEpochs: 1,
  batchSize: 8,
  seed: 1,
  optimizer: { key: 'adam', learningRate: 0.001 },
};

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

    const output = tf.tidy(() =>
      halfAttacked(tf, fgsm(0.5), classifier, inputs, tf.tensor2d([1, 0, 1, 0, 1, 0], [3, 2])),
    );

    // Class 0 has the kernel (1, -2) against (-1, 1): the loss grows with the first feature falling and the second rising.
    expect([...(await output.data())]).toEqual([1, 2, 3, 4, 4.5, 6.5]);
    tf.dispose([inputs, output]);
  });

  it('leaves a single example clean', async () => {
    const tf = await loadTensorFlow();
    const classifier = linearClassifier(tf, [[1, -1]]);
    const inputs = tf.tensor2d([[1]]);

    const output = tf.tidy(() =>
      halfAttacked(tf, fgsm(0.5), classifier, tf.clone(inputs), tf.tensor2d([[1, 0]])),
    );

    expect([...(await output.data())]).toEqual([1]);
    tf.dispose([inputs, output]);
  });
});
