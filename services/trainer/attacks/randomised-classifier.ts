import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../../learning/random.ts';
import type { TensorFlow } from '../models/model.ts';
import type { Classifier } from './classifier.ts';
import { drawTransformation, type RandomisationSpec, type Transformation } from './randomise.ts';

interface RandomisedClassifierOptions {
  readonly tf: TensorFlow;
  /** The same weights, built for inputs of the frame's size. */
  readonly inner: Classifier;
  readonly spec: RandomisationSpec;
  readonly random: RandomStream;
  /** Drawn transformations that an answer is the mean of: 1 as a defence, more for an attack that expects it. */
  readonly draws: number;
}

/**
 * A classifier that randomises what it sees. With several draws its gradient is the expectation over transformations
 * (A. Athalye et al.: Obfuscated gradients give a false sense of security, 2018): attacked with it, a randomisation
 * that only hides its gradient does not help.
 */
export function randomisedClassifier(options: RandomisedClassifierOptions): Classifier {
  const { tf, inner, spec, random, draws } = options;
  /** The mean of what `of` gives under each drawn transformation. */
  const expectation = <Result extends Tensor>(
    shape: readonly number[],
    of: (transformation: Transformation) => Result,
  ): Result => {
    let sum: Result | undefined;
    for (let draw = 0; draw < draws; draw += 1) {
      const next: Result = tf.tidy(() => {
        const transformation = drawTransformation(tf, shape, spec, random);
        const value = of(transformation);
        return sum === undefined ? value : tf.add(sum, value);
      });
      sum?.dispose();
      sum = next;
    }
    if (sum === undefined) throw new RangeError('a randomised classifier draws at least once');
    return tf.div(sum, draws);
  };
  return {
    logits: (inputs) => expectation<Tensor2D>(inputs.shape, ({ apply }) => inner.logits(apply(inputs))),
    inputGradient: (inputs, targets) =>
      expectation(inputs.shape, ({ apply, carryBack }) =>
        carryBack(inner.inputGradient(apply(inputs), targets)),
      ),
    logitGradient: (inputs, weights) =>
      expectation(inputs.shape, ({ apply, carryBack }) =>
        carryBack(inner.logitGradient(apply(inputs), weights)),
      ),
  };
}
