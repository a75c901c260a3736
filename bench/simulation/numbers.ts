import { validate } from '../../openapi/validate.ts';

const WRITTEN = {
  id: 'numbers',
  model: { key: 'dense', hidden: [] },
  profile: {
    signals: { waveform: 'vibration', label: 'condition', lot: 'lot' },
    window: { length: 2048, hop: 2048 },
    features: { key: 'log-band-power', bands: 784 },
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    testLots: ['test'],
    examples: { ready: 60, maximum: 60, minimumTrain: 1 },
    standardisation: 'federated',
  },
  training: {
    localEpochs: 1,
    batchSize: 10,
    seed: 1,
    optimizer: { key: 'sgd', learningRate: 0.03 },
    numerics: 'reproducible',
  },
  rounds: 100,
  cohort: { kind: 'count', of: 10 },
  quorum: { kind: 'fraction', of: 1 },
  evaluation: { everyRounds: 20, of: 'all' },
};

/** Multinomial regression of 7,850 parameters on 784 features and ten classes: the shape of MNIST. */
export const NUMBERS = validate('Federation', WRITTEN, 'the federation of the bench');
