import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readUpdateHeader } from '../../../../learning/update-header.ts';
import {
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
} from '../../../../learning/weights/safetensors.ts';
import type { TensorSpec } from '../../../../learning/weights/tensor.ts';
import { writeVersionMetadata } from '../../../../learning/weights/version-metadata.ts';
import type { ModelSpec } from '../../../../openapi/schemas.ts';
import { encodeFrozenIndex } from '../../../../services/trainer/data-set/frozen-index.ts';
import { createBreath } from '../../../../services/trainer/training/breath.ts';
import type { BaseVersion, TrainTask } from '../../../../services/trainer/training/messages.ts';
import { runTrain } from '../../../../services/trainer/training/run-train.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';

/** Examples of one feature and two classes. */
export interface SmallExamples {
  readonly features: readonly number[];
  readonly labels: readonly number[];
}

/** A value for each element of each tensor, by name. */
export type Weights = Readonly<Record<string, readonly number[]>>;

export const breath = createBreath({ alive: () => undefined });

/** A participant small enough that its numbers can be computed by hand: one feature, a scaler that changes nothing. */
export class SmallSite {
  readonly #folder: string;
  readonly #model: ModelSpec;
  readonly #tensors: readonly TensorSpec[];
  #files = 0;
  frozenFile = '';

  /** @param hidden units of the one hidden layer; 0 for none. */
  constructor(folder: string, hidden: number) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#model = hidden === 0 ? { key: 'logistic' } : { key: 'dense', hidden: [hidden] };
    const sizes = hidden === 0 ? [1, 2] : [1, hidden, 2];
    this.#tensors = sizes.slice(1).flatMap((outputs, index) => [
      { name: `dense-${index + 1}/kernel`, shape: [sizes[index]!, outputs] },
      { name: `dense-${index + 1}/bias`, shape: [outputs] },
    ]);
  }

  get model(): ModelSpec {
    return this.#model;
  }

  get tensors(): readonly TensorSpec[] {
    return this.#tensors;
  }

  async freeze(train: SmallExamples, test: SmallExamples = train): Promise<void> {
    const set = ({ features, labels }: SmallExamples) => ({
      count: labels.length,
      features: Float32Array.from(features),
      labels: Float32Array.from(labels),
    });
    const scaler = { mean: [0], standardDeviation: [1] };
    this.frozenFile = this.#file();
    const index = { featureShape: [1], train: set(train), test: set(test), scaler };
    await writeFile(this.frozenFile, encodeFrozenIndex(index));
  }

  /** A version's file; tensors without weights are zeros. */
  async version(weights: Weights = {}, group = 'main'): Promise<BaseVersion> {
    const tensors = this.#tensors.map(({ name, shape }) => ({
      name,
      shape,
      values: Float32Array.from(weights[name] ?? new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0)),
    }));
    const metadata = writeVersionMetadata({
      group,
      number: 0,
      inputShape: [1],
      outputShape: [2],
      model: this.#model,
      profile: { classes: ['a', 'b'] },
      scaler: { kind: 'local' },
    });
    const bytes = writeSafetensors(tensors, metadata);
    const file = this.#file();
    await writeFile(file, bytes);
    return { group, file, sha256: createHash('sha256').update(bytes).digest('hex') };
  }

  task(changes: Partial<TrainTask> & Pick<TrainTask, 'bases'>): TrainTask {
    return {
      kind: 'train',
      run: 'R',
      round: 1,
      roundAttempt: 1,
      participant: 'press-1',
      frozenFile: this.frozenFile,
      updateFile: this.#file(),
      nextStateFile: this.#file(),
      model: this.#model,
      training: { localEpochs: 1, batchSize: 16, seed: 1, optimizer: { key: 'sgd', learningRate: 0.5 } },
      ...changes,
    };
  }

  /** Trains in this process and reads what came of it. */
  async train(changes: Partial<TrainTask> & Pick<TrainTask, 'bases'>) {
    const task = this.task(changes);
    const result = await runTrain(await loadTensorFlow(), task, breath, () => undefined);
    const bytes = await readFile(task.updateFile);
    const header = readUpdateHeader(readSafetensorsHeader(bytes, ['F32', 'F16', 'I8', 'U8', 'U32']));
    return { result, bytes, header, stateFile: task.nextStateFile!, updateFile: task.updateFile };
  }

  #file(): string {
    this.#files += 1;
    return join(this.#folder, `file-${this.#files}`);
  }
}

/** The tensors of an uncompressed file as plain numbers. */
export async function numbersOf(file: string): Promise<Record<string, number[]>> {
  const { tensors } = readSafetensors(await readFile(file));
  return Object.fromEntries([...tensors].map(([name, { values }]) => [name, [...values]]));
}
