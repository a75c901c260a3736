import { readFile, writeFile } from 'node:fs/promises';
import { strategyOf } from '../../../learning/strategies/index.ts';
import type { Strategy, UpdateScalar } from '../../../learning/strategies/strategy.ts';
import { decodeState } from '../../../learning/strategies/strategy-state.ts';
import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import { readFrozenIndex } from '../data-set/frozen-index.ts';
import { normalClasses } from '../models/anomaly-spec.ts';
import { buildModel } from '../models/index.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import { keepsOwnState } from '../participant-state/keeps-own-state.ts';
import {
  encodeKeptValues,
  type KeptSlot,
  type KeptValues,
  readKeptValues,
} from '../participant-state/kept-values.ts';
import type { Breath } from './breath.ts';
import { detectAnomalies, onlyNormal } from './detect-anomalies.ts';
import { encodeUpdate } from './encode-update.ts';
import { exampleTimeMs, PASSES_OF_A_GRADIENT } from './example-time.ts';
import { leastLossBase, type PickedBase } from './least-loss-base.ts';
import type { BaseVersion, EpochProgress, TrainingResults, TrainTask } from './messages.ts';
import { vectorOf } from './own-tensors.ts';
import { score } from './score.ts';
import { standardisedExamples } from './standardise.ts';
import { trainParticipant } from './train-participant.ts';
import { joinWeights, weightVector } from './weight-vector.ts';

/**
 * A train task: base versions, frozen index and what the participant kept in; update file, and what it keeps now, out.
 * Equal input gives equal bytes.
 */
export async function runTrain(
  tf: TensorFlow,
  task: TrainTask,
  breath: Breath,
  onProgress: (progress: EpochProgress) => void,
): Promise<TrainingResults['train']> {
  const { run, round, roundAttempt, participant, training, pipeline } = task;
  const strategy = strategyOf(task.strategy ?? { key: 'fed-avg' });
  if (task.nextStateFile === undefined && keepsOwnState(strategy, pipeline)) {
    throw new TypeError(`a task of ${strategy.key} names no file for what the participant keeps`);
  }
  const [first, ...others] = await Promise.all(task.bases.map(readBase));
  if (first === undefined) throw new TypeError('a train task names no base version');
  const { metadata } = first;
  const { classes } = metadata.profile;
  const frozen = await readFrozenIndex(task.frozenFile);
  const model = buildModel(tf, task.model, { featureShape: frozen.featureShape, classes: classes.length });
  const kept = await readKeptValues(task.stateFile, strategy.key, model.weights);
  const bases = [first, ...others].map(({ version }) =>
    vectorOf(kept.get('local'), model.weights, joinWeights(model, version.tensors)),
  );
  const train = standardisedExamples(frozen.train, metadata.scaler, frozen.scaler);
  const isAutoencoder = model.kind === 'autoencoder';
  const examples = isAutoencoder ? onlyNormal(train, normalClasses(task.model, classes)) : train;
  const { breathe } = breath;
  const scored = (weights: Float32Array) =>
    isAutoencoder
      ? detectAnomalies({ tf, spec: task.model, model, weights, classes, train, examples, breathe })
      : score(tf, model, weights, examples, breathe);
  const batchSize = Math.min(training.batchSize, examples.count);
  breath.expectSilence(await expectedStepMs(tf, model, bases[0]!, batchSize));
  const picked: PickedBase =
    strategy.task.kind === 'pick-group' ? await leastLossBase(bases, scored) : { index: 0, base: bases[0]! };
  const { index, base } = picked;
  const done = await trainParticipant({
    tf,
    spec: task.model,
    model,
    strategy,
    training,
    round,
    participant,
    examples,
    base,
    kept,
    slots: await stateSlots(strategy, task.strategyStateFile),
    breathe,
    onProgress,
  });
  const { exampleCount, correct, lossSum } = await scored(done.trained);
  const trainedLoss = lossSum / exampleCount;
  const trainedAccuracy = correct / exampleCount;
  const declared = await declaredScalars(strategy.scalars, {
    localSteps: () => done.localSteps,
    baseLoss: async () => picked.loss ?? (await scored(base)).lossSum / exampleCount,
    group: () => index,
  });
  const lost = task.isStateLost === true ? { stateLost: 1 } : {};
  const update = encodeUpdate({
    model,
    strategy,
    pipeline,
    seed: training.seed,
    base,
    trained: done.trained,
    controlChange: done.controlChange,
    residual: kept.get('residual'),
    facts: {
      run,
      round,
      roundAttempt,
      participant,
      baseSha256: task.bases[index]!.sha256,
      exampleCount,
      scalars: { trainedLoss, trainedAccuracy, ...declared, ...lost },
    },
  });
  if (task.nextStateFile !== undefined) {
    const next = encodeKeptValues(strategy.key, nextKept(done.kept, update.residual), model.weights);
    await writeFile(task.nextStateFile, next);
  }
  await writeFile(task.updateFile, update.file);
  return { exampleCount, trainedLoss, trainedAccuracy };
}

async function readBase({ file }: BaseVersion) {
  const version = readSafetensors(await readFile(file));
  return { version, metadata: readVersionMetadata(version.header.metadata) };
}

/** What came down with the version of those slots that the strategy sends. */
async function stateSlots(
  { downloads }: Strategy,
  file: string | undefined,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Float32Array>>> {
  if (file === undefined) return new Map();
  const { slots } = decodeState(await readFile(file));
  return new Map([...slots].filter(([name]) => downloads.slots.includes(name)));
}

function nextKept(kept: KeptValues, residual: ReadonlyMap<string, Float32Array> | undefined): KeptValues {
  const next = new Map<KeptSlot, ReadonlyMap<string, Float32Array>>(kept);
  return residual === undefined ? next : next.set('residual', residual);
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
  known: Readonly<Record<UpdateScalar, () => number | Promise<number>>>,
): Promise<Record<string, number>> {
  const scalars: Record<string, number> = {};
  for (const name of names) scalars[name] = await known[name]();
  return scalars;
}
