import { createHash } from 'node:crypto';
import { type UpdateHeader, writeUpdateHeader } from '../../../../learning/update-header.ts';
import { writeSafetensors } from '../../../../learning/weights/safetensors.ts';
import type { NamedTensor } from '../../../../learning/weights/tensor.ts';
import { writeVersionMetadata } from '../../../../learning/weights/version-metadata.ts';
import type { Federation, InitialiseJob, Numerics } from '../../../../openapi/schemas.ts';

export const NUMERICS: Numerics = { backend: 'wasm', build: 'plain-simd', library: '4.22.0', node: 20 };

/** A federation of a tiny model; parts of it are replaced by `changes`. */
export function federation(id: string, changes: Partial<Federation> = {}): Federation {
  return {
    id,
    model: { key: 'dense', hidden: [3] },
    profile: {
      signals: { waveform: 'vibration', label: 'condition' },
      window: { length: 64, hop: 64 },
      features: { key: 'log-band-power', bands: 4 },
      classes: ['good', 'bad'],
      testLots: ['test'],
      examples: { ready: 10, maximum: 100, minimumTrain: 8 },
      standardisation: 'local',
    },
    training: { localEpochs: 1, batchSize: 8, seed: 1, optimizer: { key: 'sgd', learningRate: 0.1 } },
    rounds: 2,
    cohort: { kind: 'all' },
    quorum: { kind: 'fraction', of: 1 },
    deadlineMs: 20_000,
    maximumRoundAttempts: 2,
    maximumUpdateNorm: 1_000_000,
    evaluation: { everyRounds: 1, of: 'all' },
    strategy: { key: 'fed-avg' },
    share: 'full',
    ...changes,
  };
}

/** The tiny model's tensors, each element from its flat position in the model. */
export function tensors(prefix: string, valueAt: (position: number) => number): NamedTensor[] {
  const kernel = Float32Array.from({ length: 12 }, (_, index) => valueAt(index));
  const bias = Float32Array.from({ length: 3 }, (_, index) => valueAt(12 + index));
  return [
    { name: `${prefix}dense/kernel`, shape: [4, 3], values: kernel },
    { name: `${prefix}dense/bias`, shape: [3], values: bias },
  ];
}

export const initialValueAt = (position: number): number => position / 8;

/** The file that answers an `initialise` job. */
export function initialVersion(job: Pick<InitialiseJob, 'model' | 'profile' | 'scaler'>): Uint8Array {
  const { model, profile, scaler } = job;
  const metadata = { group: 'main', number: 0, inputShape: [4], outputShape: [2], model, profile, scaler };
  return writeSafetensors(tensors('', initialValueAt), writeVersionMetadata(metadata));
}

/** An update's file; header and values are a test's choice. */
export function update(
  header: Omit<UpdateHeader, 'roles' | 'scalars'>,
  valueAt: (position: number) => number,
): Uint8Array {
  const delta = tensors('delta/', valueAt);
  const roles = Object.fromEntries(delta.map(({ name }) => [name, 'trainable' as const]));
  const scalars = { trainedLoss: 0.5, trainedAccuracy: 0.75 };
  return writeSafetensors(delta, writeUpdateHeader({ ...header, scalars, roles }));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
