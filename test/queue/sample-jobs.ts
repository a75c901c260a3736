import type { EvaluateJob, InitialiseJob, TrainJob } from '../../openapi/schemas.ts';
import type { RoundKey } from '../../queue/job-id.ts';
import type { RoundOrder } from '../../queue/round-flow.ts';

const PROFILE: TrainJob['profile'] = {
  signals: { waveform: 'vibration', label: 'condition' },
  window: { length: 1024, hop: 1024 },
  features: { key: 'log-band-power', bands: 32 },
  classes: ['healthy', 'worn'],
  testLots: ['test'],
  examples: { ready: 10, maximum: 100, minimumTrain: 8 },
  standardisation: 'local',
};

/** A valid train job. */
export function trainJob({ run, round, roundAttempt }: RoundKey, participant: string): TrainJob {
  return {
    kind: 'train',
    run,
    federation: 'gearbox-watch',
    round,
    roundAttempt,
    participant,
    bases: [{ group: 'main', number: round - 1, sha256: 'a'.repeat(64), bytes: 4096 }],
    model: { key: 'dense', hidden: [16] },
    profile: PROFILE,
    training: { localEpochs: 1, batchSize: 32, seed: 1, optimizer: { key: 'adam', learningRate: 0.001 } },
    strategy: { key: 'fed-avg' },
  };
}

/** A round that asks these participants of one pool. */
export function roundOrder(
  round: RoundKey,
  pool: string,
  participants: readonly string[],
  deadlineMs = 60_000,
): RoundOrder {
  return {
    ...round,
    deadlineMs,
    jobs: participants.map((participant) => ({ pool, job: trainJob(round, participant) })),
  };
}

/** A valid job that draws the first weights. */
export function initialiseJob(run: string): InitialiseJob {
  return {
    kind: 'initialise',
    run,
    federation: 'gearbox-watch',
    model: { key: 'dense', hidden: [16] },
    profile: PROFILE,
    seed: 1,
    scaler: { kind: 'local' },
  };
}

/** A valid job that scores a version. */
export function evaluateJob(run: string, version: number, participants: string[]): EvaluateJob {
  return {
    kind: 'evaluate',
    run,
    federation: 'gearbox-watch',
    version: { group: 'main', number: version, sha256: 'b'.repeat(64), bytes: 4096 },
    participants,
    model: { key: 'dense', hidden: [16] },
    profile: PROFILE,
    share: 'full',
  };
}
