import { readFile, writeFile } from 'node:fs/promises';
import { randomStream } from '../../../learning/random.ts';
import { gradientTerms } from '../../../learning/strategies/gradient-terms.ts';
import { strategyOf } from '../../../learning/strategies/index.ts';
import type { UpdateScalar } from '../../../learning/strategies/strategy.ts';
import { DELTA_PART } from '../../../learning/update.ts';
import { partTensorName, writeUpdateHeader } from '../../../learning/update-header.ts';
import { readSafetensors, writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { adversarialTraining } from '../attacks/adversarial-training.ts';
import { readFrozenIndex } from '../data-set/frozen-index.ts';
import { normalClasses } from '../models/anomaly-spec.ts';
import { buildModel } from '../models/index.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import type { Breath } from './breath.ts';
import { detectAnomalies, onlyNormal } from './detect-anomalies.ts';
import { exampleTimeMs, PASSES_OF_A_GRADIENT } from './example-time.ts';
import { fitWeights } from './fit-weights.ts';
import { learningRateOf } from './learning-rate.ts';
import type { EpochProgress, TrainingResults, TrainTask } from './messages.ts';
import { score } from './score.ts';
import { standardisedExamples } from './standardise.ts';
import { joinWeights, weightVector } from './weight-vector.ts';

/** A train task: base version and frozen index in, update file out. Equal input gives equal bytes. */
export async function runTrain(
  tf: TensorFlow,
  task: TrainTask,
  breath: Breath,
  onProgress: (progress: EpochProgress) => void,
): Promise<TrainingResults['train']> {
  const version = readSafetensors(await readFile(task.baseFile));
  const metadata = readVersionMetadata(version.header.metadata);
  const frozen = await readFrozenIndex(task.frozenFile);
  const model = buildModel(tf, task.model, {
    featureShape: frozen.featureShape,
    classes: metadata.profile.classes.length,
  });
  const base = joinWeights(model, version.tensors);
  const train = standardisedExamples(frozen.train, metadata.scaler, frozen.scaler);
  const isAutoencoder = model.kind === 'autoencoder';
  const { classes } = metadata.profile;
  const examples = isAutoencoder ? onlyNormal(train, normalClasses(task.model, classes)) : train;
  const { run, round, participant, training } = task;
  const strategy = strategyOf(task.strategy ?? { key: 'fed-avg' });
  breath.expectSilence(await expectedStepMs(tf, model, base, Math.min(training.batchSize, examples.count)));
  // Fewer than specified where the training stops early.
  let epochs = 0;
  const trained = await fitWeights({
    tf,
    model,
    base,
    examples,
    training,
    learningRate: learningRateOf(training, round),
    adversarial: adversarialTraining(task.model, training, round),
    random: randomStream({ seed: training.seed, round, participant, purpose: 'batches' }),
    terms: gradientTerms(strategy.task, {}),
    breathe: breath.breathe,
    onEpoch: (epoch, trainedLoss, stepMs) => {
      epochs = epoch;
      onProgress({ epoch, epochs: training.localEpochs, trainedLoss, stepMs });
    },
  });
  const { breathe } = breath;
  const scored = (weights: Float32Array) =>
    isAutoencoder
      ? detectAnomalies({ tf, spec: task.model, model, weights, classes, train, examples, breathe })
      : score(tf, model, weights, examples, breathe);
  const { exampleCount, correct, lossSum } = await scored(trained);
  const result = {
    exampleCount,
    trainedLoss: lossSum / exampleCount,
    trainedAccuracy: correct / exampleCount,
  };
  const { trainedLoss, trainedAccuracy } = result;
  const declared = await declaredScalars(strategy.scalars, {
    localSteps: () => epochs * Math.ceil(examples.count / training.batchSize),
    baseLoss: async () => (await scored(base)).lossSum / exampleCount,
  });
  const update = encodeUpdate(tf, model, base, trained, {
    run,
    round,
    roundAttempt: task.roundAttempt,
    participant,
    baseSha256: task.baseSha256,
    exampleCount,
    scalars: { trainedLoss, trainedAccuracy, ...declared },
  });
  await writeFile(task.updateFile, update);
  return result;
}

/** What a training step may well take, judged by one example. */
async function expectedStepMs(
  tf: TensorFlow,
  model: Model,
  base: Float32Array,
  batchSize: number,
): Promise<number> {
  const weights = tf.tidy(() => weightVector(tf, model).split(tf.tensor1d(base.slice())));
  try {
    return PASSES_OF_A_GRADIENT * batchSize * (await exampleTimeMs(tf, model, weights));
  } finally {
    tf.dispose(weights);
  }
}

/** The numbers that the strategy asks for; each is found only then. */
async function declaredScalars(
  names: readonly UpdateScalar[],
  known: Readonly<Partial<Record<UpdateScalar, () => number | Promise<number>>>>,
): Promise<Record<string, number>> {
  const scalars: Record<string, number> = {};
  for (const name of names) {
    const value = await known[name]?.();
    if (value !== undefined) scalars[name] = value;
  }
  return scalars;
}

type UpdateFacts = Omit<Parameters<typeof writeUpdateHeader>[0], 'roles'>;

function encodeUpdate(
  tf: TensorFlow,
  model: Model,
  base: Float32Array,
  trained: Float32Array,
  facts: UpdateFacts,
): Uint8Array {
  const delta = trained.map((value, index) => value - base[index]!);
  if (!delta.every(Number.isFinite)) {
    throw new CodedError('E_TRAINING_DIVERGED', 'the update is not finite');
  }
  const parts = weightVector(tf, model).parts(delta);
  const tensors = model.weights.map(({ name, shape }, index) => ({
    name: partTensorName(DELTA_PART, name),
    shape,
    values: parts[index]!,
  }));
  const roles = Object.fromEntries(
    model.weights.map(({ name, role }) => [partTensorName(DELTA_PART, name), role]),
  );
  return writeSafetensors(tensors, writeUpdateHeader({ ...facts, roles }));
}
