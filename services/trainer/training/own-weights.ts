import { randomStream } from '../../../learning/random.ts';
import { strategyOf } from '../../../learning/strategies/index.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { adversarialTraining } from '../attacks/adversarial-training.ts';
import { normalClasses } from '../models/anomaly-spec.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import { readKeptValues } from '../participant-state/kept-values.ts';
import { onlyNormal } from './detect-anomalies.ts';
import { fitWeights } from './fit-weights.ts';
import { learningRateOf } from './learning-rate.ts';
import type { OwnUse } from './messages.ts';
import { vectorOf } from './own-tensors.ts';
import type { StandardisedExamples } from './standardise.ts';

interface OwnWeightsOptions {
  readonly tf: TensorFlow;
  readonly spec: ModelSpec;
  readonly model: Model;
  /** The version's, in the model's order. */
  readonly version: Float32Array;
  /** The version's number, from 0; it keys what is drawn by lot. */
  readonly number: number;
  readonly own: OwnUse;
  /** Which of its participants. */
  readonly index: number;
  /** Names of the profile's classes. */
  readonly classes: readonly string[];
  /** The participant's train examples; asked for only by a strategy that trains before the use. */
  readonly train: () => StandardisedExamples;
  readonly breathe: () => Promise<void>;
}

/**
 * The weights with which a participant uses a version: its personal model where the strategy has one (before its first
 * round, the version), its own tensors in the version's place, or the version after some more training.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` for a state that does not fit.
 */
export async function ownWeights(options: OwnWeightsOptions): Promise<Float32Array> {
  const { tf, spec, model, version, number, own, index, classes, breathe } = options;
  const { participant, stateFile } = own.participants[index]!;
  const strategy = strategyOf(own.strategy);
  const kept = await readKeptValues(stateFile, strategy.key, model.weights);
  if (strategy.task.kind === 'dual-model') return vectorOf(kept.get('personal'), model.weights, version);
  const weights = vectorOf(kept.get('local'), model.weights, version);
  if (strategy.task.kind !== 'fine-tune') return weights;
  const training = { ...own.training, localEpochs: strategy.task.epochs };
  // As in the round that made the version.
  const round = Math.max(1, number);
  const train = options.train();
  const examples = model.kind === 'autoencoder' ? onlyNormal(train, normalClasses(spec, classes)) : train;
  return fitWeights({
    tf,
    model,
    base: weights,
    examples,
    training,
    learningRate: learningRateOf(training, round),
    adversarial: adversarialTraining(spec, training, round),
    random: randomStream({ seed: training.seed, round, participant, purpose: 'fine-tuning' }),
    breathe,
    onEpoch: () => undefined,
  });
}
