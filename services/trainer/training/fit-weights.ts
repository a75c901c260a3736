import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../../learning/random.ts';
import type { GradientTerms } from '../../../learning/strategies/gradient-terms.ts';
import { elementCount } from '../../../learning/weights/tensor.ts';
import type { TrainingSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { AdversarialTraining } from '../attacks/adversarial-training.ts';
import { adversarialStep } from '../attacks/training-step.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import { classRows, gather } from './batch.ts';
import { classWeightsOf } from './class-weights.ts';
import { earlyStop } from './early-stop.ts';
import { createOptimizer } from './optimizer.ts';
import type { StandardisedExamples } from './standardise.ts';
import { concatenated, roleVectors } from './weight-vector.ts';

interface FitOptions {
  readonly tf: TensorFlow;
  readonly model: Model;
  /** Weights to begin from, in the model's order; they are not changed. */
  readonly base: Float32Array;
  readonly examples: StandardisedExamples;
  readonly training: TrainingSpec;
  /** Of this round. @defaultValue the optimizer's */
  readonly learningRate?: number;
  /** Attacks half of each batch; none by default. */
  readonly adversarial?: AdversarialTraining | undefined;
  /** Gives the order of the examples. */
  readonly random: RandomStream;
  /** What the strategy adds to every gradient: strength · (w - anchor) + offset. */
  readonly terms?: GradientTerms;
  /** Weights that the terms pull to, in the model's order. @defaultValue the base */
  readonly anchor?: Float32Array;
  /** Which of the model's weights, in its order, are trained; the others stay as they are. @defaultValue all */
  readonly trains?: readonly boolean[];
  /**
   * Gives way to other work now and then; throws to end the training. Called after every step, and between the passes
   * through the model of an attack within one.
   */
  readonly breathe: () => Promise<void>;
  /** After each epoch, with the mean loss of its batches and the mean time of a step. */
  readonly onEpoch: (epochsDone: number, trainedLoss: number, stepMs: number) => void;
}

/**
 * Trains for the specified epochs, or until they no longer help, and returns the weights. Equal input gives equal bits.
 * @throws CodedError `E_TRAINING_DIVERGED` when the loss is no longer finite, `E_INVALID_INPUT` for class weights that
 * do not fit.
 */
export async function fitWeights(options: FitOptions): Promise<Float32Array> {
  const { tf, model, base, examples, training, random, terms, breathe, onEpoch } = options;
  const { trainable, statistic, take, together } = roleVectors(tf, model);
  const attacked =
    options.adversarial === undefined ? undefined : adversarialStep(tf, model, options.adversarial);
  const lossAndGradients = attacked?.lossAndGradients ?? model.lossAndGradients;
  const classes = model.outputShape[0]!;
  if (model.kind === 'autoencoder' && training.classWeights !== undefined) {
    throw new CodedError('E_INVALID_INPUT', 'class weights are for classifiers');
  }
  const classWeights = classWeightsOf(training.classWeights, examples.labels, classes);
  const hasEnded = earlyStop(training.earlyStop);
  const optimizer = createOptimizer(tf, {
    spec: training.optimizer,
    learningRate: options.learningRate ?? training.optimizer.learningRate,
    size: trainable.size,
    maximumGradientNorm: training.maximumGradientNorm,
  });
  const order = Uint32Array.from({ length: examples.count }, (_, index) => index);
  let weights: Tensor1D = tf.tensor1d(take(base, 'trainable'));
  let statistics: Tensor1D = tf.tensor1d(take(base, 'statistic'));
  let lossSum: Scalar = tf.scalar(0);
  const added = addedTerms(tf, take(options.anchor ?? base, 'trainable'), terms);
  const some = trainedOnly(tf, model, options.trains);
  const weightsNow = () => together(trainable.split(weights), statistic.split(statistics));
  /** What an autoencoder is to give back are its inputs; a classifier's answer is a class, which may count differently. */
  const targetsOf = (values: Float32Array, rows: Uint32Array, counts?: Float32Array) => {
    const targets = model.kind === 'autoencoder' ? values : classRows(examples.labels, rows, classes, counts);
    return tf.tensor2d(targets, [rows.length, classes]);
  };
  /** A batch as the model is to see it. */
  const seen = async (values: Float32Array, rows: Uint32Array): Promise<Tensor> => {
    const inputs: Tensor = tf.tensor(values, [rows.length, ...model.inputShape]);
    if (attacked === undefined) return inputs;
    const [truth, now] = [targetsOf(values, rows), tf.tidy(weightsNow)];
    try {
      return await attacked.seen(now, inputs, truth, breathe);
    } finally {
      tf.dispose([inputs, truth, ...now]);
    }
  };
  try {
    for (let epoch = 1; epoch <= training.localEpochs; epoch += 1) {
      const beganMs = performance.now();
      random.shuffle(order);
      for (let begin = 0; begin < order.length; begin += training.batchSize) {
        const rows = order.subarray(begin, begin + training.batchSize);
        const values = gather(examples, rows);
        const inputs = await seen(values, rows);
        const next = tf.tidy(() => {
          const batchResult = lossAndGradients(weightsNow(), inputs, targetsOf(values, rows, classWeights));
          const sum: Scalar = tf.add(lossSum, batchResult.lossSum);
          const gradients = some.gradients(added.to(trainable.join(batchResult.gradients), weights));
          return {
            weights: some.weights(optimizer.step(weights, gradients), weights),
            statistics: some.statistics(statistic.join(batchResult.statistics), statistics),
            lossSum: sum,
          };
        });
        tf.dispose([inputs, weights, statistics, lossSum]);
        weights = next.weights;
        statistics = next.statistics;
        lossSum = next.lossSum;
        await breathe();
      }
      const trainedLoss = (await lossSum.data())[0]! / examples.count;
      lossSum.dispose();
      lossSum = tf.scalar(0);
      if (!Number.isFinite(trainedLoss)) {
        throw new CodedError('E_TRAINING_DIVERGED', `the loss is no longer finite in epoch ${epoch}`);
      }
      const steps = Math.ceil(order.length / training.batchSize);
      onEpoch(epoch, trainedLoss, (performance.now() - beganMs) / steps);
      await breathe();
      if (hasEnded(trainedLoss)) break;
    }
    const parts = together(
      trainable.parts(Float32Array.from(await weights.data())),
      statistic.parts(Float32Array.from(await statistics.data())),
    );
    const trained = concatenated(parts);
    if (!trained.every(Number.isFinite)) {
      throw new CodedError('E_TRAINING_DIVERGED', 'the trained weights are not finite');
    }
    return trained;
  } finally {
    tf.dispose([weights, statistics, lossSum]);
    added.dispose();
    some.dispose();
    optimizer.dispose();
  }
}

/** The strategy's terms as tensors; plain training has none, and its steps none of their operations. */
function addedTerms(tf: TensorFlow, anchor: Float32Array, terms: GradientTerms = { strength: 0 }) {
  const strength = terms.strength === 0 ? undefined : tf.scalar(terms.strength);
  const from = strength === undefined ? undefined : tf.tensor1d(anchor);
  const offset = terms.offset === undefined ? undefined : tf.tensor1d(terms.offset.slice());
  return {
    to(gradients: Tensor1D, weights: Tensor1D): Tensor1D {
      let sum = gradients;
      if (strength !== undefined && from !== undefined) {
        sum = tf.add(sum, tf.mul(tf.sub(weights, from), strength));
      }
      return offset === undefined ? sum : tf.add(sum, offset);
    },
    dispose: () => tf.dispose([strength, from, offset].filter((tensor) => tensor !== undefined)),
  };
}

/** Keeps the weights that are not trained as they are; where all are, a step has none of its operations. */
function trainedOnly(tf: TensorFlow, model: Model, trains: readonly boolean[] | undefined) {
  const masks = { trainable: maskOf('trainable'), statistic: maskOf('statistic') };
  function maskOf(role: 'trainable' | 'statistic'): Tensor1D | undefined {
    if (trains === undefined) return undefined;
    const lengths = model.weights.map(({ shape }) => elementCount(shape) ?? 0);
    const isOfRole = model.weights.map((weight) => (weight.role === 'statistic') === (role === 'statistic'));
    const mask = new Uint8Array(
      lengths.reduce((sum, length, index) => sum + (isOfRole[index] ? length : 0), 0),
    );
    let end = 0;
    for (const [index, length] of lengths.entries()) {
      if (!isOfRole[index]) continue;
      end += length;
      if (trains[index]) mask.fill(1, end - length, end);
    }
    return mask.length === 0 ? undefined : tf.tensor1d(mask, 'bool');
  }
  const chosen = (mask: Tensor1D | undefined, next: Tensor1D, before: Tensor1D): Tensor1D =>
    mask === undefined ? next : tf.where(mask, next, before);
  return {
    gradients: (gradients: Tensor1D): Tensor1D =>
      masks.trainable === undefined
        ? gradients
        : tf.where(masks.trainable, gradients, tf.zerosLike(gradients)),
    weights: (next: Tensor1D, before: Tensor1D) => chosen(masks.trainable, next, before),
    statistics: (next: Tensor1D, before: Tensor1D) => chosen(masks.statistic, next, before),
    dispose: () => tf.dispose([masks.trainable, masks.statistic].filter((mask) => mask !== undefined)),
  };
}
