import { CodedError, type Fault } from '../../runtime/errors.ts';
import { WeightedSum } from '../aggregation/weighted-sum.ts';
import type { ModelTensor, UpdatePart, Values } from '../strategies/strategy.ts';
import { partTensorName } from '../update-header.ts';
import type { SafetensorsHeader } from '../weights/safetensors-header.ts';
import type { SafetensorsStream } from '../weights/stream-safetensors.ts';
import { elementCount, sameShape } from '../weights/tensor.ts';
import type { Reducer, WeightedMember } from './reducer.ts';
import { robustValues } from './robust-values.ts';
import { gramOfRows, meanOfRows, type Row } from './rows.ts';
import { sourceOf } from './tensor-source.ts';

/** A verified update that can be read again from its beginning. */
export interface ReadableUpdate {
  readonly participant: string;
  /** Opens its file, such as by `streamSafetensors`, with its values decoded. */
  open(): Promise<SafetensorsStream>;
}

/**
 * Reduces updates that are read as streams, in 64-bit floats and in the order of participant ids. A mean needs the sum and
 * a piece; robust rules and inner products hold every row, so that they suit small models and simulations.
 * @param updates in the order of the round's contributions.
 */
export function streamReducer(updates: readonly ReadableUpdate[]): Reducer {
  return {
    mean: async (part, tensors, members) => sourceOf(await streamMean(updates, part, tensors, members)),
    async robust(tensors, rule, buckets) {
      const rows: Row[] = [];
      for (const bucket of buckets) {
        const members: Row[] = [];
        for (const index of bucket) members.push(await readRow(updates[index]!, tensors));
        rows.push(bucket.length === 1 ? members[0]! : meanOfRows(members));
      }
      return sourceOf(robustValues(rule, tensors, rows));
    },
    async norms(tensors, members) {
      const norms: number[] = [];
      for (const index of members) norms.push(await streamNorm(updates[index]!, tensors));
      return norms;
    },
    async gram(tensors, members) {
      const rows: Row[] = [];
      for (const index of members) rows.push(await readRow(updates[index]!, tensors));
      return gramOfRows(rows, tensors);
    },
  };
}

async function streamMean(
  updates: readonly ReadableUpdate[],
  part: UpdatePart,
  tensors: readonly ModelTensor[],
  members: readonly WeightedMember[],
): Promise<Values> {
  const sum = new WeightedSum(
    new Map(tensors.map(({ name, shape }) => [partTensorName(part, name), elementCount(shape)!])),
  );
  let factors = 0;
  for (const { index, factor } of members) {
    await eachPiece(updates[index]!, part, tensors, (name, offset, values) =>
      sum.add(name, offset, values, factor),
    );
    factors += factor;
  }
  return new Map(
    tensors.map(({ name }) => {
      const values = sum.of(partTensorName(part, name));
      for (let index = 0; index < values.length; index++) values[index]! /= factors;
      return [name, values];
    }),
  );
}

async function streamNorm(update: ReadableUpdate, tensors: readonly ModelTensor[]): Promise<number> {
  let squares = 0;
  await eachPiece(update, 'delta', tensors, (_name, _offset, values) => {
    for (const value of values) squares += value * value;
  });
  return Math.sqrt(squares);
}

async function readRow(update: ReadableUpdate, tensors: readonly ModelTensor[]): Promise<Row> {
  const row = new Map(
    tensors.map(({ name, shape }) => [partTensorName('delta', name), new Float32Array(elementCount(shape)!)]),
  );
  await eachPiece(update, 'delta', tensors, (name, offset, values) => row.get(name)!.set(values, offset));
  return new Map(tensors.map(({ name }) => [name, row.get(partTensorName('delta', name))!]));
}

async function eachPiece(
  { participant, open }: ReadableUpdate,
  part: UpdatePart,
  tensors: readonly ModelTensor[],
  take: (name: string, offset: number, values: Float32Array) => void,
): Promise<void> {
  const shapes = new Map(tensors.map(({ name, shape }) => [partTensorName(part, name), shape]));
  const stream = await open();
  try {
    const faults = shapeFaults(stream.header, shapes);
    if (faults.length > 0) {
      const message = `the update of ${participant} does not fit the model: ${faults[0]?.message}`;
      throw new CodedError('E_UPDATE_SHAPES', message, { faults });
    }
    for await (const { tensor, offset, values } of stream.values) {
      if (shapes.has(tensor)) take(tensor, offset, values);
    }
  } finally {
    await stream.close();
  }
}

function shapeFaults(header: SafetensorsHeader, shapes: ReadonlyMap<string, readonly number[]>): Fault[] {
  const actual = new Map(header.tensors.map(({ name, shape }) => [name, shape]));
  return [...shapes]
    .filter(([name, shape]) => !sameShape(actual.get(name) ?? [Number.NaN], shape))
    .map(([path]) => ({ path, message: `tensor ${path} is missing or of another shape` }));
}
