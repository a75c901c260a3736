import { createHash } from 'node:crypto';
import type { CompressionSpec } from '../../../../learning/compression/codec.ts';
import {
  readCompressed,
  sharedStream,
  writeCompressed,
} from '../../../../learning/compression/compressed-file.ts';
import { codecOf } from '../../../../learning/compression/index.ts';
import { randomStream } from '../../../../learning/random.ts';
import { type UpdateHeader, writeUpdateHeader } from '../../../../learning/update-header.ts';
import { writeSafetensors } from '../../../../learning/weights/safetensors.ts';
import type { NamedTensor } from '../../../../learning/weights/tensor.ts';
import { writeVersionMetadata } from '../../../../learning/weights/version-metadata.ts';
import type { Federation, InitialiseJob, Numerics, TrainJob } from '../../../../openapi/schemas.ts';

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
export function initialVersion(
  job: Pick<InitialiseJob, 'model' | 'profile' | 'scaler' | 'group'>,
): Uint8Array {
  const { model, profile, scaler } = job;
  const group = job.group?.group ?? 'main';
  const metadata = { group, number: 0, inputShape: [4], outputShape: [2], model, profile, scaler };
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

/** What an update consists of beyond the plain one. */
export interface UpdateContent {
  readonly exampleCount?: number;
  /** Values by part; the delta's position times 0.001 by default. */
  readonly parts?: Readonly<Record<string, (position: number) => number>>;
  readonly scalars?: Readonly<Record<string, number>>;
  /** Tensors that stay with the participant. */
  readonly local?: readonly string[];
  readonly compression?: CompressionSpec;
  /** The base that it began from, of those that the job offers. */
  readonly base?: number;
}

/** An update's file for a train job. */
export function updateOf(job: TrainJob, content: UpdateContent = {}): Uint8Array {
  const { run, round, roundAttempt, participant, bases } = job;
  const { exampleCount = 10, scalars = {}, local = [], compression, base = 0 } = content;
  const parts = Object.entries(content.parts ?? { delta: (position: number) => position * 0.001 });
  const sent = parts.flatMap(([part, valueAt]) =>
    tensors(`${part}/`, valueAt).filter(({ name }) => !local.includes(name.slice(part.length + 1))),
  );
  const metadata = writeUpdateHeader({
    run,
    round,
    roundAttempt,
    participant,
    baseSha256: bases[base]!.sha256,
    exampleCount,
    scalars,
    roles: Object.fromEntries(sent.map(({ name }) => [name, 'trainable' as const])),
    ...(compression !== undefined && { compression }),
  });
  if (compression === undefined) return writeSafetensors(sent, metadata);
  const codec = codecOf(compression);
  const seed = job.training.seed;
  const encoded = sent.map(({ name, shape, values }) => {
    const random = randomStream({ seed, round, participant, purpose: `compress/${name}` });
    return { name, shape, arrays: codec.encode(values, random, sharedStream({ seed, round }, name)) };
  });
  return writeCompressed(encoded, metadata);
}

/** What everybody decodes of a compressed update's delta, by the model's tensor. */
export function decoded(
  file: Uint8Array,
  job: TrainJob,
  compression: CompressionSpec,
): Map<string, Float32Array> {
  const codec = codecOf(compression);
  const expected = tensors('delta/', () => 0).map(({ name, shape }) => ({ name, shape, codec }));
  const { tensors: found } = readCompressed(file, expected, { seed: job.training.seed, round: job.round });
  return new Map(found.map(({ name, values }) => [name.slice('delta/'.length), values]));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
