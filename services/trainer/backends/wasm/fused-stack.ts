import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../models/model.ts';
import { type KernelHost, kernelHost } from './kernel-host.ts';
import { planStep, type StepPlan } from './stack/plan-step.ts';
import type { StackLayer, StackLoss } from './stack/stack-layer.ts';
import { sizeOf } from './stack/step-plan.ts';

/** A training step of a network of known layers as calls of our kernels, without tensors between the layers. */
export interface FusedStack {
  /**
   * Summed loss of a batch and the gradients of its mean, one a weight; inside `tf.tidy`.
   * @returns undefined where the library does not compute with our kernels now.
   */
  lossAndGradients(
    weights: readonly Tensor[],
    inputs: Tensor,
    targets: Tensor,
  ): { readonly lossSum: Scalar; readonly gradients: readonly Tensor[] } | undefined;
  /** The gradient of the batch's mean loss by the inputs; inside `tf.tidy`. */
  inputGradient(weights: readonly Tensor[], inputs: Tensor, targets: Tensor): Tensor | undefined;
}

/** Examples of a network without images. */
const ROWS_AT_ONCE = 128;

/**
 * The fused step of a network.
 * @param layers undefined for one that is not known: then there is no such step.
 */
export function fusedStack(
  tf: TensorFlow,
  inputShape: readonly number[],
  layers: readonly (StackLayer | undefined)[],
  loss: StackLoss,
): FusedStack {
  const known = layers.filter((layer) => layer !== undefined);
  const plans = new Map<number, StepPlan>();
  const isDense = known.every(({ kind }) => kind === 'dense' || kind === 'relu');
  const planFor = (batch: number): StepPlan => {
    // So few that what a layer writes is still in the caches when the next one reads it.
    const count = isDense ? Math.min(batch, ROWS_AT_ONCE) : 1;
    const plan = plans.get(count) ?? planStep(inputShape, known, count);
    plans.set(count, plan);
    return plan;
  };
  const hostNow = (): KernelHost | undefined => (known.length === layers.length ? kernelHost(tf) : undefined);
  return {
    lossAndGradients: (weights, inputs, targets) => {
      const host = hostNow();
      if (host === undefined) return undefined;
      const gradients = weights.map(({ shape }) => host.newTensor(shape));
      const batch = { weights, inputs, targets, loss };
      const lossSum = runStep(host, planFor(inputs.shape[0]!), {
        ...batch,
        gradients,
        inputSlopes: undefined,
      });
      return { lossSum: tf.scalar(lossSum), gradients };
    },
    inputGradient: (weights, inputs, targets) => {
      const host = hostNow();
      if (host === undefined) return undefined;
      const inputSlopes = host.newTensor(inputs.shape);
      const batch = { weights, inputs, targets, loss };
      runStep(host, planFor(inputs.shape[0]!), { ...batch, gradients: undefined, inputSlopes });
      return inputSlopes;
    },
  };
}

interface Step {
  readonly weights: readonly Tensor[];
  readonly inputs: Tensor;
  readonly targets: Tensor;
  readonly loss: StackLoss;
  readonly gradients: readonly Tensor[] | undefined;
  readonly inputSlopes: Tensor | undefined;
}

/** @returns the summed loss. */
function runStep(host: KernelHost, plan: StepPlan, step: Step): number {
  const { kernels, addressOf } = host;
  const { layers, outputs } = plan;
  const [batch = 0, ...shape] = step.inputs.shape;
  const exampleBytes = sizeOf(shape) * 4;
  const gradients = step.gradients?.map(addressOf);
  gradients?.forEach((address, index) => {
    kernels.clear(address, step.gradients![index]!.size * 4);
  });
  const zeros = host.zeros(plan.widest);
  const base = host.workspace(plan.bytes);
  const wantsInputs = step.inputSlopes !== undefined;
  const run = { kernels, base, zeros, weights: step.weights.map(addressOf), gradients, wantsInputs };
  const [inputs, targets] = [addressOf(step.inputs), addressOf(step.targets)];
  const inputSlopes = step.inputSlopes === undefined ? 0 : addressOf(step.inputSlopes);
  const lossOf = step.loss === 'cross-entropy' ? kernels.crossEntropy : kernels.squaredError;
  for (const layer of layers) layer.prepare?.(run);
  let lossSum = 0;
  for (let begin = 0; begin < batch; begin += plan.examples) {
    const atOnce = Math.min(plan.examples, batch - begin);
    let place = inputs + begin * exampleBytes;
    for (const layer of layers) place = layer.forward(run, place, atOnce);
    const slopes = base + plan.lossSlopes;
    lossSum += lossOf(place, targets + begin * outputs * 4, atOnce, outputs, 1 / batch, slopes);
    place = slopes;
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      place = layers[index]!.backward(run, place, atOnce);
    }
    if (wantsInputs) kernels.copyBytes(place, inputSlopes + begin * exampleBytes, atOnce * exampleBytes);
  }
  return lossSum;
}
