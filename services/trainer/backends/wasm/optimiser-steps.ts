import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../models/model.ts';
import { kernelHost } from './kernel-host.ts';

interface AdamStep {
  readonly weights: Tensor1D;
  readonly gradients: Tensor1D;
  readonly mean: Tensor1D;
  readonly square: Tensor1D;
  /** Learning rate with the bias corrections of both moments in it. */
  readonly rate: number;
  readonly decay1: number;
  readonly decay2: number;
  readonly epsilon: number;
  /** Share of each weight that the step takes away besides (AdamW). */
  readonly weightDecay: number;
}

/**
 * A step of Adam in one pass over the memory, out of place: new weights and moments.
 * @returns undefined where the library does not compute with our kernels now.
 */
export function fusedAdam(
  tf: TensorFlow,
  { weights, gradients, mean, square, ...step }: AdamStep,
): { readonly weights: Tensor1D; readonly mean: Tensor1D; readonly square: Tensor1D } | undefined {
  const host = kernelHost(tf);
  if (host === undefined) return undefined;
  const next = [0, 1, 2].map(() => host.newTensor(weights.shape));
  const addresses = [weights, gradients, mean, square, ...next].map(host.addressOf);
  const { rate, decay1, decay2, epsilon, weightDecay } = step;
  host.kernels.adamStep(weights.size, ...addresses, rate, decay1, decay2, epsilon, 1 - weightDecay);
  // Of the shape of the weights, each.
  const [nextWeights, nextMean, nextSquare] = next as Tensor1D[] as [Tensor1D, Tensor1D, Tensor1D];
  return { weights: nextWeights, mean: nextMean, square: nextSquare };
}

/** As `fusedAdam`, for gradient descent with momentum, which may be 0: then there is no velocity. */
export function fusedSgd(
  tf: TensorFlow,
  step: {
    readonly weights: Tensor1D;
    readonly gradients: Tensor1D;
    readonly velocity?: Tensor1D;
    readonly rate: number;
    readonly momentum: number;
  },
): { readonly weights: Tensor1D; readonly velocity?: Tensor1D } | undefined {
  const host = kernelHost(tf);
  if (host === undefined) return undefined;
  const { weights, gradients, velocity, rate, momentum } = step;
  const next = host.newTensor(weights.shape) as Tensor1D;
  const nextVelocity = velocity === undefined ? undefined : (host.newTensor(weights.shape) as Tensor1D);
  const [from, to] = [velocity ?? gradients, nextVelocity ?? next];
  const addresses = [weights, gradients, from, next, to].map(host.addressOf);
  host.kernels.sgdStep(weights.size, ...addresses, rate, velocity === undefined ? 0 : momentum);
  return { weights: next, ...(nextVelocity === undefined ? {} : { velocity: nextVelocity }) };
}
