import type { Attack } from './attack.ts';

/**
 * Fast gradient sign method (I. J. Goodfellow, J. Shlens, C. Szegedy: Explaining and harnessing adversarial examples,
 * 2015): one step along the sign of the loss's gradient.
 * @param epsilon size of the change of each feature, in its standard deviations.
 */
export function fgsm(epsilon: number): Attack {
  return function* (tf, classifier, inputs, targets) {
    return tf.tidy(() => tf.add(inputs, tf.mul(tf.sign(classifier.inputGradient(inputs, targets)), epsilon)));
  };
}
