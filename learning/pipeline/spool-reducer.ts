import { sumOfFactors } from '../aggregation/factor.ts';
import type { FoldRunner } from '../aggregation/fold/fold-runner.ts';
import type { TensorFile, TensorPayload, UpdateFile } from '../aggregation/fold/fold-task.ts';
import { gramOf, type RoleTensor, reduceRobustly, reduceToMean } from '../aggregation/fold/reduce.ts';
import type { SpoolFiles } from '../aggregation/fold/spool-files.ts';
import { gridOf } from '../aggregation/grid.ts';
import { SharedPlacesFile } from '../compression/shared-places-file.ts';
import type { ModelTensor, UpdatePart } from '../strategies/strategy.ts';
import type { ExpectedCompression } from '../update.ts';
import { partTensorName, readUpdateHeader } from '../update-header.ts';
import type { SafetensorsHeader } from '../weights/safetensors-header.ts';
import { elementCount } from '../weights/tensor.ts';
import type { Reducer } from './reducer.ts';
import { spooledTensors } from './spooled-tensors.ts';
import type { TensorSource } from './tensor-source.ts';
import { updatePayloads } from './update-payloads.ts';

/** A verified update in the spool. */
export interface SpooledUpdate {
  readonly participant: string;
  readonly path: string;
  readonly header: SafetensorsHeader;
  /** What its delta's trainable tensors are multiplied by: it was clipped. */
  readonly scale?: number | undefined;
}

/** What fixes the grid of a round's sums, so that all who add up a part of them use the same. */
export interface SumBounds {
  /** Cohort size × most train examples of one. */
  readonly maximumFactorSum: number;
  /** Largest magnitude of a value, by the role of its tensor. */
  readonly trainable: number;
  readonly statistic: number;
}

/** How a round's updates are compressed. */
export interface SpoolCompression extends ExpectedCompression {
  /** The run's; with an update's round it keys the places that all participants of that round share. */
  readonly seed: number;
}

interface SpoolReducerOptions {
  readonly runner: FoldRunner;
  readonly files: SpoolFiles;
  /** In the order of the round's contributions. */
  readonly updates: readonly SpooledUpdate[];
  readonly bounds: SumBounds;
  /** Where the updates' deltas are compressed. */
  readonly compression?: SpoolCompression | undefined;
  /** Makes a file of so many bytes for a result, and gives its path; whoever made it removes it. */
  readonly scratch: (bytes: number) => string;
}

/**
 * Reduces updates that lie in files, tile by tile: means exactly, so that their bits depend on the updates alone; robust
 * rules over all rows at once. Memory does not grow with the model or the number of updates.
 */
export function spoolReducer(options: SpoolReducerOptions): Reducer {
  const { runner, files, updates, bounds, compression, scratch } = options;
  const places = new SharedPlacesFile(files, scratch);
  const filesOf = (part: UpdatePart, tensors: readonly ModelTensor[], members: readonly number[]) =>
    members.map((index): UpdateFile => {
      const { participant, path, header, scale } = updates[index]!;
      const lengths = new Map(
        tensors.map(({ name, shape }) => [partTensorName(part, name), elementCount(shape)!]),
      );
      const payloadOf = updatePayloads(header, compression, (name) => ({
        path: places.of(name, lengths.get(name) ?? 0, compression!.codec, {
          seed: compression!.seed,
          round: readUpdateHeader(header).round,
        }),
        byteOffset: 0,
      }));
      const payloads = tensors.map(({ name, role }): TensorPayload => {
        const payload = payloadOf(partTensorName(part, name));
        if (payload === undefined) throw new RangeError(`the update of ${participant} has no ${name}`);
        const isClipped = scale !== undefined && part === 'delta' && role === 'trainable';
        return isClipped ? { ...payload, scale } : payload;
      });
      return { participant, path, payloads };
    });
  const reducedTensors = (tensors: readonly ModelTensor[], factorSum: number) =>
    tensors.map(({ name, shape, role }): RoleTensor => {
      // Tensors that stay with the participants are in no update.
      if (role === 'local') throw new RangeError(`${name} is not reduced`);
      const sum = Math.max(bounds.maximumFactorSum, Math.ceil(factorSum));
      return { name, role, length: elementCount(shape)!, grid: gridOf(role, sum, bounds[role]) };
    });
  const output = (tensors: readonly RoleTensor[]): { file: TensorFile; values: TensorSource } => {
    let bytes = 0;
    const byteOffsets = tensors.map(({ length }) => {
      const offset = bytes;
      bytes += length * 4;
      return offset;
    });
    const path = scratch(bytes);
    const byName = new Map(tensors.map(({ name }, index) => [name, byteOffsets[index]!]));
    return { file: { path, byteOffsets }, values: spooledTensors(files, path, byName) };
  };
  const rowsOf = (members: readonly unknown[]) => members.map((_, row) => [row]);
  return {
    async mean(part, model, members) {
      const factors = members.map(({ factor }) => factor);
      const tensors = reducedTensors(model, sumOfFactors(factors));
      const { file, values } = output(tensors);
      const indices = members.map(({ index }) => index);
      await reduceToMean(runner, {
        tensors,
        updates: filesOf(part, model, indices),
        factors,
        output: file,
      });
      return values;
    },
    async robust(model, rule, rows) {
      const tensors = reducedTensors(model, 1);
      const { file, values } = output(tensors);
      const members = [...new Set(rows.flat())].sort((one, other) => one - other);
      const places = rows.map((bucket) => bucket.map((index) => members.indexOf(index)));
      await reduceRobustly(runner, {
        tensors,
        updates: filesOf('delta', model, members),
        output: file,
        rule,
        rows: places,
      });
      return values;
    },
    async norms(model, members) {
      const tensors = reducedTensors(model, 1);
      const norms: number[] = [];
      // One row at a time: all together would give the products of each with each.
      for (const update of filesOf('delta', model, members)) {
        const gram = await gramOf(runner, { tensors, updates: [update], rows: [[0]] });
        norms.push(gram.norm(0));
      }
      return norms;
    },
    gram(model, members) {
      const tensors = reducedTensors(model, 1);
      const all = filesOf('delta', model, members);
      return gramOf(runner, { tensors, updates: all, rows: rowsOf(members) });
    },
  };
}
