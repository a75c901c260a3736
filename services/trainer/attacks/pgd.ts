import type { Attack } from './attack.ts';

interface PgdOptions {
  /** Bound of the change of each feature, in its standard deviations. */
  readonly epsilon: number;
  /** From 1. */
  readonly iterations: number;
}

/** Together the steps reach a little beyond the bound. */
const REACH = 1.25;

/**
 * Projected gradient descent (A. Madry et al.: Towards deep learning models resistant to adversarial attacks, 2018) in
 * the maximum norm: steps of 1.25 · epsilon / iterations from the input itself, each brought back to within epsilon.
 */
export function pgd({ epsilon, iterations }: PgdOptions): Attack {
  return function* (tf, classifier, inputs, targets) {
    const step = (REACH * epsilon) / iterations;
    let attacked = tf.clone(inputs);
    let isDone = false;
    try {
      for (let iteration = 0; iteration < iterations; iteration += 1) {
        const next = tf.tidy(() => {
          const moved = tf.add(attacked, tf.mul(tf.sign(classifier.inputGradient(attacked, targets)), step));
          return tf.minimum(tf.maximum(moved, tf.sub(inputs, epsilon)), tf.add(inputs, epsilon));
        });
        attacked.dispose();
        attacked = next;
        if (iteration < iterations - 1) yield;
      }
      isDone = true;
      return attacked;
    } finally {
      if (!isDone) attacked.dispose();
    }
  };
}
