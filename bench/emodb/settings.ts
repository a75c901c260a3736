import type { DataProfile, ModelSpec, TrainingSpec } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';

/** Rounds of a training; every speaker takes part in each. */
export const ROUNDS = 40;

/** Four convolution blocks with batch norm. */
export const MODEL: ModelSpec = {
  key: 'cnn-2d',
  channels: [16, 32, 64, 64],
  normalisation: 'batch',
  pooling: 'both',
};

/** The rows of the sheet without their defences. */
export const TRAININGS = ['vanilla', 'fgsm'] as const;
export type TrainingName = (typeof TRAININGS)[number];

/** Whole clips as 373 × 64 log-mel features, scaled together by mel band. */
export function emodbProfile(): DataProfile {
  const profile = {
    signals: { waveform: 'vibration', label: 'condition', lot: 'lot' },
    sampleRateHz: 16_000,
    // A clip is one window; its frames repeat until there are 373.
    window: { length: 95_744, hop: 95_744, minimum: 512 },
    features: { key: 'log-mel', preset: 'demos' },
    classes: ['anger', 'boredom', 'disgust', 'fear', 'happiness', 'neutral', 'sadness'],
    testLots: ['test'],
    examples: { ready: 1, maximum: 1000 },
    standardisation: 'federated',
  };
  return validate('DataProfile', profile, 'the profile of emodb');
}

/** One local epoch a round; the FGSM-trained model sees attacked halves from round 2 on. */
export function emodbTraining(name: TrainingName, seed: number): TrainingSpec {
  const training = {
    localEpochs: 1,
    batchSize: 8,
    seed,
    optimizer: { key: 'adam', learningRate: 0.001 },
    ...(name === 'fgsm' && {
      adversarial: { attack: { key: 'fgsm', epsilon: 0.05 }, fromRound: 2, alpha: 0.5 },
    }),
  };
  return validate('TrainingSpec', training, `the training ${name}`);
}
