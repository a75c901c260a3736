import type { Rank } from '@tensorflow/tfjs-core';
import { CodedError } from '../../../runtime/errors.ts';
import type { TensorFlow } from '../models/model.ts';

/** Largest difference from the exact value that single precision explains here. */
const TOLERANCE = 1e-4;
const STEPS = 40;

/**
 * Trains a line through four points by gradient descent and compares with the same steps in double precision: a driver
 * or build that computes something else is found before it costs a run.
 * @throws CodedError `E_BACKEND_UNAVAILABLE`
 */
export async function checkTraining(tf: TensorFlow): Promise<void> {
  const [xs, ys, rate] = [[-1, 0, 1, 2], [-3, -1, 1, 3], 0.1];
  let [slope, offset] = [0, 0];
  for (let step = 0; step < STEPS; step += 1) {
    const errors = xs.map((x, index) => slope * x + offset - ys[index]!);
    slope -= (rate / xs.length) * errors.reduce((sum, error, index) => sum + error * xs[index]!, 0);
    offset -= (rate / xs.length) * errors.reduce((sum, error) => sum + error, 0);
  }
  const result = tf.tidy(() => {
    const inputs = tf.tensor2d(xs.map((x) => [x, 1]));
    const targets = tf.tensor2d(ys, [ys.length, 1]);
    let weights = tf.zeros<Rank.R2>([2, 1]);
    for (let step = 0; step < STEPS; step += 1) {
      const errors = tf.sub(tf.matMul(inputs, weights), targets);
      weights = tf.sub(weights, tf.mul(tf.matMul(tf.transpose(inputs), errors), rate / xs.length));
    }
    return weights;
  });
  const found = await result.data();
  result.dispose();
  const difference = Math.max(Math.abs(found[0]! - slope), Math.abs(found[1]! - offset));
  if (difference <= TOLERANCE) return;
  const message = `the backend computes wrongly: a small training differs by ${difference} from the exact one`;
  throw new CodedError('E_BACKEND_UNAVAILABLE', message);
}
