import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../models/model.ts';
import type { Attack } from './attack.ts';
import type { Classifier } from './classifier.ts';

interface DeepFoolOptions {
  /** Linear steps at most, from 1. */
  readonly iterations: number;
  /** How far beyond the boundary, as a fraction of the way to it. */
  readonly overshoot: number;
}

/** Added to a distance, so that a step from the boundary itself still moves (as in the authors' code). */
const SMALLEST_DISTANCE = 1e-4;
/** Beyond every distance; finite, since 0 times it must be 0. */
const LARGEST_DISTANCE = 1e30;
/** Squared length under which a gradient is taken for none. */
const SMALLEST_LENGTH = 1e-20;

/**
 * DeepFool (S.-M. Moosavi-Dezfooli, A. Fawzi, P. Frossard: DeepFool, a simple and accurate method to fool deep neural
 * networks, 2016) in the Euclidean norm: repeated steps to the nearest boundary of the linearised classifier, until the
 * class is another than the true one. An example that is misclassified already stays as it is.
 */
export function deepFool({ iterations, overshoot }: DeepFoolOptions): Attack {
  return function* (tf, classifier, inputs, targets) {
    const factor = 1 + overshoot;
    // The sum of all steps so far, without the overshoot.
    let way: Tensor = tf.zerosLike(inputs);
    const there = () => tf.tidy(() => tf.add(inputs, tf.mul(way, factor)));
    try {
      for (let iteration = 0; iteration < iterations; iteration += 1) {
        const here = there();
        try {
          const step = yield* stepToBoundary(tf, classifier, here, targets);
          const next = tf.add(way, step);
          tf.dispose([way, step]);
          way = next;
        } finally {
          here.dispose();
        }
      }
      return there();
    } finally {
      way.dispose();
    }
  };
}

/** The step of each example to the nearest boundary; zero for one that has left its true class. */
function* stepToBoundary(
  tf: TensorFlow,
  classifier: Classifier,
  inputs: Tensor,
  targets: Tensor2D,
): Generator<void, Tensor> {
  const [batch, classes] = targets.shape;
  const perExample = [batch, ...inputs.shape.slice(1).map(() => 1)];
  const logits = tf.tidy(() => classifier.logits(inputs));
  let nearest: Tensor = tf.fill(perExample, LARGEST_DISTANCE);
  let step: Tensor = tf.zerosLike(inputs);
  try {
    for (let other = 0; other < classes; other += 1) {
      const next = tf.tidy(() => {
        const { height, divisor, isUsable, slope } = boundaryTo(other);
        const distance = tf.div(height, tf.sqrt(divisor));
        const isNearer = tf.mul(isUsable, tf.cast(tf.less(distance, nearest), 'float32'));
        const candidate = tf.mul(slope, tf.div(height, divisor));
        return {
          nearest: mixed(tf, isNearer, distance, nearest),
          step: mixed(tf, isNearer, candidate, step),
        };
      });
      tf.dispose([nearest, step]);
      ({ nearest, step } = next);
      yield;
    }
    return tf.tidy(() => {
      const stays = tf.equal(tf.argMax(logits, 1), tf.argMax(targets, 1));
      return tf.mul(step, tf.reshape(tf.cast(stays, 'float32'), perExample));
    });
  } finally {
    tf.dispose([logits, nearest, step]);
  }

  /** The linearised boundary between each example's own class and another. */
  function boundaryTo(other: number) {
    const own = tf.sum(tf.mul(logits, targets), 1, true);
    const otherClass = tf.reshape(tf.oneHot(tf.fill([batch], other, 'int32'), classes), targets.shape);
    const slope = classifier.logitGradient(inputs, tf.sub(otherClass, targets));
    const featureAxes = inputs.shape.slice(1).map((_, axis) => axis + 1);
    const lengthSquared = tf.reshape(tf.sum(tf.square(slope), featureAxes), perExample);
    const isUsable = tf.cast(tf.greater(lengthSquared, SMALLEST_LENGTH), 'float32');
    const divisor = tf.add(lengthSquared, tf.sub(1, isUsable));
    const difference = tf.abs(tf.sub(tf.sum(tf.mul(logits, otherClass), 1, true), own));
    const height = tf.reshape(tf.add(difference, SMALLEST_DISTANCE), perExample);
    return { height, divisor, isUsable, slope };
  }
}

/** `one` where the mask is 1, `other` where it is 0; the mask has one value an example. */
function mixed(tf: TensorFlow, mask: Tensor, one: Tensor, other: Tensor): Tensor {
  return tf.add(tf.mul(mask, one), tf.mul(tf.sub(1, mask), other));
}
