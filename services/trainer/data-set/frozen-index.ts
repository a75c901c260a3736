import { readFile } from 'node:fs/promises';
import type { Scaler } from '../../../learning/statistics.ts';
import { readSafetensors, writeSafetensors } from '../../../learning/weights/safetensors.ts';

/** Examples of one part: one row of features and one class a window. */
export interface ExampleSet {
  readonly count: number;
  /** `count` rows, not standardised. */
  readonly features: Float32Array;
  /** Index of the class among the profile's. */
  readonly labels: Float32Array;
}

/** The examples that a run trains and evaluates on, the same in all of its rounds. */
export interface FrozenIndex {
  /** Of one example's features: `[bands]`, or `[frames, bands]`. */
  readonly featureShape: readonly number[];
  readonly train: ExampleSet;
  readonly test: ExampleSet;
  /** Fitted on the train windows; it stays at the site. */
  readonly scaler: Scaler;
}

const METADATA_KEY = 'fedshell-frozen-index';

/** The bytes of a frozen index; equal ones give equal bytes. */
export function encodeFrozenIndex(index: FrozenIndex): Uint8Array {
  const { featureShape, train, test, scaler } = index;
  const tensors = Object.entries({ train, test }).flatMap(([part, set]) => [
    { name: `${part}/features`, shape: [set.count, ...featureShape], values: set.features },
    { name: `${part}/labels`, shape: [set.count], values: set.labels },
  ]);
  return writeSafetensors(tensors, { [METADATA_KEY]: JSON.stringify(scaler) });
}

/** Reads a frozen index that `encodeFrozenIndex` made. */
export async function readFrozenIndex(file: string): Promise<FrozenIndex> {
  const { header, tensors } = readSafetensors(await readFile(file));
  const part = (name: string): ExampleSet & { readonly featureShape: readonly number[] } => {
    const features = tensors.get(`${name}/features`);
    const labels = tensors.get(`${name}/labels`);
    const [count, ...featureShape] = features?.shape ?? [];
    if (features === undefined || labels === undefined || count === undefined || featureShape.length === 0) {
      throw new RangeError(`${file} is not a frozen index`);
    }
    return { count, featureShape, features: features.values, labels: labels.values };
  };
  const train = part('train');
  // Only `encodeFrozenIndex` writes the key.
  const scaler = JSON.parse(header.metadata[METADATA_KEY] ?? '') as Scaler;
  return { featureShape: train.featureShape, train, test: part('test'), scaler };
}
