import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { randomStream } from '../../../learning/random.ts';
import { loadCustomModel } from '../models/custom/custom-models.ts';
import { buildModel } from '../models/index.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import type { Workload } from './probe-messages.ts';

interface Measured {
  readonly stepsPerSecond: number;
  /** When the first step was done, by `performance.now()`. */
  readonly firstStepAtMs: number;
  /** Steps that it took, warm ones included. */
  readonly steps: number;
}

const WARM_STEPS = 3;
const MEASURED_MS = 1_500;
const SLICE_MS = 100;
/** A slow backend ends after so many slices, of a step each. */
const LEAST_SLICES = 3;
/** Of steps that take longer, one warm and one measured one will do. */
const LONG_STEP_MS = 2_000;

/**
 * Trains a workload on random numbers for about two seconds: forward, backward and update of the weights.
 * @param now a clock, in milliseconds. @defaultValue the time since the process's start
 */
export async function measureSteps(
  tf: TensorFlow,
  workload: Workload,
  now: () => number = () => performance.now(),
): Promise<Measured> {
  const { model: spec, featureShape, classes, batchSize } = workload;
  await loadCustomModel(tf, spec);
  const model = buildModel(tf, spec, { featureShape, classes });
  const random = randomStream({ seed: 1, round: 0, participant: 'main', purpose: 'measure-steps' });
  const draw = (shape: readonly number[], scale: number): Tensor => {
    const length = shape.reduce((size, part) => size * part, 1);
    return tf.tensor(
      Float32Array.from({ length }, () => random.normal() * scale),
      [...shape],
    );
  };
  const inputs = draw([batchSize, ...model.inputShape], 1);
  const targets = targetsOf(tf, model, inputs);
  let weights = model.weights.map(({ shape }) => draw(shape, 0.05));
  let steps = 0;
  const step = (): Tensor => {
    steps += 1;
    const next = tf.tidy(() => stepped(tf, model, weights, inputs, targets));
    tf.dispose(weights);
    weights = next.weights;
    return next.lossSum;
  };
  const read = async (loss: Tensor) => {
    await loss.data();
    loss.dispose();
  };
  const firstBeganMs = now();
  await read(step());
  const firstStepAtMs = now();
  if (firstStepAtMs - firstBeganMs <= LONG_STEP_MS) {
    for (let count = 0; count < WARM_STEPS; count += 1) await read(step());
  }
  const beganMs = now();
  const speeds: number[] = [];
  const isEnough = () => {
    const isLong = 1000 / speeds.at(-1)! > LONG_STEP_MS;
    return speeds.length >= (isLong ? 1 : LEAST_SLICES) && now() - beganMs >= MEASURED_MS;
  };
  do speeds.push(await sliceSpeed(step, read, now));
  while (!isEnough());
  tf.dispose([inputs, targets, ...weights]);
  // The machine may have other work: the best slice is what that disturbed least.
  return { stepsPerSecond: Math.max(...speeds), firstStepAtMs, steps };
}

/** Steps a second of some steps; work on a GPU counts once it is done, so the last loss is read. */
async function sliceSpeed(
  step: () => Tensor,
  read: (loss: Tensor) => Promise<void>,
  now: () => number,
): Promise<number> {
  const beganMs = now();
  for (let steps = 1; ; steps += 1) {
    const loss = step();
    if (now() - beganMs >= SLICE_MS) {
      await read(loss);
      return (steps * 1000) / (now() - beganMs);
    }
    loss.dispose();
  }
}

/** The inputs themselves for a model that is to give them back, else classes in turn. */
function targetsOf(tf: TensorFlow, model: Model, inputs: Tensor): Tensor2D {
  const count = inputs.shape[0]!;
  if (model.kind === 'autoencoder') return tf.clone(tf.reshape(inputs, [count, inputs.size / count]));
  const classes = model.outputShape[0]!;
  const rows = new Float32Array(count * classes);
  for (let row = 0; row < count; row += 1) rows[row * classes + (row % classes)] = 1;
  return tf.tensor2d(rows, [count, classes]);
}

function stepped(
  tf: TensorFlow,
  model: Model,
  weights: readonly Tensor[],
  inputs: Tensor,
  targets: Tensor2D,
): { weights: Tensor[]; lossSum: Tensor } {
  const { lossSum, gradients, statistics } = model.lossAndGradients(weights, inputs, targets);
  // Both come in the order of the weights of their role.
  const [trainable, statistic] = [[...gradients], [...statistics]];
  const next = model.weights.map(({ role }, index) =>
    role === 'trainable'
      ? tf.sub(weights[index]!, tf.mul(trainable.shift()!, 0.001))
      : tf.clone(statistic.shift() ?? weights[index]!),
  );
  return { weights: next, lossSum };
}
