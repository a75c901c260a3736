import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../models/model.ts';
import type { Classifier } from './classifier.ts';

/**
 * Changes standardised inputs a little so that a classifier errs. Nothing bounds the values themselves: standardised
 * features have no range. It draws nothing at random, and pauses after each pass through the model: passes of a large
 * model take seconds, an attack has hundreds, and whoever performs it may have to say that it lives, or to end.
 * @param inputs `[batch, ...inputShape]`.
 * @param targets the true classes, one row an example, 1 at its class.
 * @returns inputs of the same shape, the caller's to dispose; all else is disposed, also if it is ended before.
 */
export type Attack = (
  tf: TensorFlow,
  classifier: Classifier,
  inputs: Tensor,
  targets: Tensor2D,
) => Generator<void, Tensor>;

/** What an attack comes to, without a pause. */
export function atOnce(attack: Generator<void, Tensor>): Tensor {
  let step = attack.next();
  while (step.done !== true) step = attack.next();
  return step.value;
}

/** What an attack comes to, with `breathe` in its pauses; where that throws, the attack is ended. */
export async function withPauses(
  attack: Generator<void, Tensor>,
  breathe: () => Promise<void>,
): Promise<Tensor> {
  try {
    let step = attack.next();
    while (step.done !== true) {
      await breathe();
      step = attack.next();
    }
    return step.value;
  } finally {
    attack.return(undefined as never);
  }
}
