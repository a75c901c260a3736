import type { Federation } from '../../openapi/schemas.ts';

/** A federation whose participants answer every round; what its model is only its senders know. */
export function benchFederation(
  changes: Pick<Federation, 'id' | 'rounds'> & Partial<Federation>,
): Federation {
  return {
    model: { key: 'dense', hidden: [256, 64] },
    profile: {
      signals: { waveform: 'vibration', label: 'condition' },
      window: { length: 1024, hop: 1024 },
      features: { key: 'log-band-power', bands: 32 },
      classes: ['a', 'b', 'c', 'd'],
      testLots: ['test'],
      examples: { ready: 4, maximum: 64, minimumTrain: 1 },
      standardisation: 'local',
    },
    training: { localEpochs: 1, batchSize: 32, seed: 1, optimizer: { key: 'adam', learningRate: 0.001 } },
    cohort: { kind: 'all' },
    quorum: { kind: 'fraction', of: 1 },
    deadlineMs: 3_600_000,
    maximumUpdateNorm: 1_000_000,
    maximumRoundAttempts: 1,
    evaluation: { everyRounds: 0, of: 'all' },
    strategy: { key: 'fed-avg' },
    share: 'full',
    ...changes,
  };
}
