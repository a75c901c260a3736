import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Federation } from '../../../openapi/schemas.ts';
import { validate } from '../../../openapi/validate.ts';
import { silentLog } from '../../../runtime/log.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import { generatedParticipants } from '../../../services/simulation/generated-participants.ts';
import type { VirtualData } from '../../../services/simulation/keep-examples.ts';
import { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';

/** A small federation; what is given replaces its parts. */
export function sampleFederation(given: object = {}): Federation {
  const federation = {
    id: 'sample',
    model: { key: 'dense', hidden: [8] },
    profile: {
      signals: { waveform: 'vibration', label: 'condition', lot: 'lot' },
      window: { length: 64, hop: 64 },
      features: { key: 'log-band-power', bands: 16 },
      classes: ['healthy', 'loose', 'worn'],
      testLots: ['test'],
      examples: { ready: 40, maximum: 40, minimumTrain: 1 },
      standardisation: 'federated',
    },
    training: {
      localEpochs: 2,
      batchSize: 8,
      seed: 5,
      optimizer: { key: 'sgd', learningRate: 0.1 },
      numerics: 'reproducible',
    },
    rounds: 3,
    ...given,
  };
  return validate('Federation', federation, 'the sample');
}

/** Virtual participants for it, in a new folder. */
export function sampleData(folder: string, participants = 6): Promise<VirtualData> {
  const into = join(folder, 'examples');
  mkdirSync(into);
  const { profile } = sampleFederation();
  return generatedParticipants({
    profile,
    participants,
    seed: 5,
    trainExamples: 40,
    testExamples: 20,
    separation: 1,
    into,
  });
}

export function sampleFolder(): string {
  return mkdtempSync(join(tmpdir(), 'fedshell-simulation-test-'));
}

/** Training processes of the built code. */
export function sampleTasks(slots: number): TrainingSlots {
  return new TrainingSlots({
    slots,
    entry: entryPoint('services/trainer/training/process'),
    log: silentLog,
  });
}
