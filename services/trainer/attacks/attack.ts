import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../models/model.ts';
import type { Classifier } from './classifier.ts';

/**
 * Changes standardised inputs a little so that a classifier errs. Nothing bounds the values themselves: standardised
 * features have no range. It runs inside `tf.tidy` and draws nothing at random.
 * @param inputs `[batch, ...inputShape]`.
 * @param targets the true classes, one row an example, 1 at its class.
 * @returns inputs of the same shape.
 */
export type Attack = (tf: TensorFlow, classifier: Classifier, inputs: Tensor, targets: Tensor2D) => Tensor;
