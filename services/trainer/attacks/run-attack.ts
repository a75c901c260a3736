import { readFile } from 'node:fs/promises';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { EvaluationSums } from '../../../learning/metrics.ts';
import { randomStream } from '../../../learning/random.ts';
import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import { validate } from '../../../openapi/validate.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { readFrozenIndex } from '../data-set/frozen-index.ts';
import { profileFeatures } from '../data-set/profile-features.ts';
import { buildModel } from '../models/index.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import type { Breath } from '../training/breath.ts';
import { exampleTimeMs, PASSES_OF_A_GRADIENT } from '../training/example-time.ts';
import type { AttackTask, TrainingResults } from '../training/messages.ts';
import { ownWeights } from '../training/own-weights.ts';
import { standardisedExamples } from '../training/standardise.ts';
import { joinWeights, weightVector } from '../training/weight-vector.ts';
import { type Classifier, classifierOf } from './classifier.ts';
import { attackOf } from './index.ts';
import { randomisedClassifier } from './randomised-classifier.ts';
import { attackedAtOnce, scoreAttacked } from './score-attacked.ts';

/**
 * An attack task: what a version answers on the attacked test windows of each frozen index.
 * @throws CodedError `E_INVALID_INPUT` for an autoencoder, and for a randomisation that the model cannot take.
 */
export async function runAttack(
  tf: TensorFlow,
  task: AttackTask,
  breath: Breath,
): Promise<TrainingResults['attack']> {
  const version = readSafetensors(await readFile(task.versionFile));
  const metadata = readVersionMetadata(version.header.metadata);
  const profile = validate('DataProfile', metadata.profile, `the profile in ${task.versionFile}`);
  const classes = profile.classes.length;
  const { shape: featureShape, size: featureCount } = profileFeatures(profile);
  const plainModel = buildModel(tf, task.model, { featureShape, classes });
  if (plainModel.kind !== 'classifier') {
    throw new CodedError(
      'E_INVALID_INPUT',
      `attacks are on classifiers; ${task.model.key} is an ${plainModel.kind}`,
    );
  }
  const frameModel = frameModelOf(tf, task, plainModel, { featureShape, classes });
  const joined = joinWeights(plainModel, version.tensors);
  const layout = weightVector(tf, plainModel);
  let weights = tf.tidy(() => layout.split(tf.tensor1d(joined.slice())));
  const attack = task.attack === undefined ? undefined : attackOf(task.attack);
  const sums: EvaluationSums[] = [];
  try {
    const exampleMs = await exampleTimeMs(tf, frameModel ?? plainModel, weights);
    const atOnce = attackedAtOnce(featureCount);
    // The logits and a gradient, of each drawn transformation.
    const passes = (1 + PASSES_OF_A_GRADIENT) * (task.randomisation?.adaptiveDraws ?? 1);
    breath.expectSilence(exampleMs * atOnce * passes);
    for (const [index, file] of task.frozenFiles.entries()) {
      const frozen = await readFrozenIndex(file);
      const examples = standardisedExamples(frozen.test, metadata.scaler, frozen.scaler);
      if (task.own !== undefined) {
        const own = await ownWeights({
          tf,
          spec: task.model,
          model: plainModel,
          version: joined,
          number: metadata.number,
          own: task.own,
          index,
          classes: profile.classes,
          train: () => standardisedExamples(frozen.train, metadata.scaler, frozen.scaler),
          breathe: breath.breathe,
        });
        tf.dispose(weights);
        weights = tf.tidy(() => layout.split(tf.tensor1d(own)));
      }
      const sides = sidesOf(tf, task, { plainModel, frameModel, weights }, index);
      const { inputShape } = plainModel;
      const { breathe } = breath;
      sums.push(await scoreAttacked({ tf, ...sides, attack, examples, inputShape, classes, breathe }));
    }
  } finally {
    tf.dispose(weights);
  }
  return sums;
}

interface Sizes {
  readonly featureShape: readonly number[];
  readonly classes: number;
}

/** The model for inputs of the randomisation's frame, which must have the same weights; undefined without one. */
function frameModelOf(
  tf: TensorFlow,
  { model, randomisation }: AttackTask,
  plainModel: Model,
  { featureShape, classes }: Sizes,
): Model | undefined {
  if (randomisation === undefined) return undefined;
  const [rows, columns, ...more] = featureShape;
  if (rows !== undefined && columns !== undefined && more.length === 0) {
    const frame = [rows + randomisation.growth[0], columns + randomisation.growth[1]];
    const frameModel = buildModel(tf, model, { featureShape: frame, classes });
    const shapes = ({ weights }: Model) => weights.map(({ shape }) => shape.join()).join(';');
    if (shapes(frameModel) === shapes(plainModel)) return frameModel;
  }
  const message = `randomisation needs a model for inputs of any size, such as cnn-2d on log-mel features; this is ${model.key} on [${featureShape.join(', ')}]`;
  throw new CodedError('E_INVALID_INPUT', message);
}

interface Models {
  readonly plainModel: Model;
  readonly frameModel: Model | undefined;
  readonly weights: readonly Tensor[];
}

/** Who answers, and whom the attacker knows. */
function sidesOf(
  tf: TensorFlow,
  { randomisation }: AttackTask,
  { plainModel, frameModel, weights }: Models,
  index: number,
): { readonly defended: Classifier; readonly known: Classifier } {
  const plain = classifierOf(tf, plainModel, weights);
  if (randomisation === undefined || frameModel === undefined) return { defended: plain, known: plain };
  const randomised = (purpose: string, draws: number) =>
    randomisedClassifier({
      tf,
      inner: classifierOf(tf, frameModel, weights),
      spec: randomisation,
      random: randomStream({ seed: randomisation.seed, round: index, participant: 'main', purpose }),
      draws,
    });
  const { adaptiveDraws } = randomisation;
  return {
    defended: randomised('randomisation', 1),
    known: adaptiveDraws === undefined ? plain : randomised('adaptive-attack', adaptiveDraws),
  };
}
