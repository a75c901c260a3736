import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { combineSums } from '../../../learning/aggregation/combine-sums.ts';
import { sumOfFactors } from '../../../learning/aggregation/factor.ts';
import type { FoldRunner } from '../../../learning/aggregation/fold/fold-runner.ts';
import type { TensorFile, UpdateFile } from '../../../learning/aggregation/fold/fold-task.ts';
import {
  decodePartialSumHeader,
  encodePartialSumHeader,
  malformed,
  PARTIAL_SUM_PREFIX_BYTES,
  type PartialSumHeader,
  partialSumJsonBytes,
  type SummedContribution,
  type SummedTensor,
  sumOffsets,
} from '../../../learning/aggregation/partial-sum-header.ts';

/** A sum of some of a round's updates in a file, which merges with others exactly: a checkpoint, or an edge's share. */
export interface PartialSum extends PartialSumHeader {
  readonly file: TensorFile;
}

/** An update to be added to a sum or taken off. */
export interface WeightedUpdate extends SummedContribution {
  readonly update: UpdateFile;
}

interface FoldPartialSum {
  /** What is added up; none for a first sum. */
  readonly from: readonly PartialSum[];
  /** The tensors of a first sum. */
  readonly tensors: readonly SummedTensor[];
  readonly add: readonly WeightedUpdate[];
  readonly subtract: readonly WeightedUpdate[];
  /** Replaced at once when the sum is durable: after a crash there is the old one or the new one. */
  readonly path: string;
}

/**
 * Folds updates and other sums into a partial sum's file.
 * @throws CodedError as `combineSums` and `FoldPool.run`; nothing is left behind then.
 */
export async function foldPartialSum(
  pool: FoldRunner,
  { from, tensors, add, subtract, path }: FoldPartialSum,
): Promise<PartialSum> {
  const combined = combineSums(
    [...from, ...(from.length === 0 ? [{ tensors, contributions: [] }] : [])],
    add.map(plain),
    subtract.map(plain),
  );
  const header = encodePartialSumHeader(combined);
  const { byteOffsets, fileBytes } = sumOffsets(header.length, combined.tensors);
  const partial = `${path}.partial`;
  try {
    await createFile(partial, header, fileBytes);
    await pool.run({
      kind: 'sum',
      tensors: combined.tensors,
      updates: [...add, ...subtract].map(({ update }) => update),
      factors: [...add.map(({ factor }) => factor), ...subtract.map(({ factor }) => -factor)],
      partialSums: from.map(({ file }) => ({ ...file, subtract: false })),
      output: { kind: 'sums', path: partial, byteOffsets },
      arithmetic: 'exact',
    });
    await makeDurable(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return { ...combined, file: { path, byteOffsets } };
}

/** Opens a partial sum's file. @throws CodedError `E_MALFORMED_PARTIAL_SUM` */
export async function readPartialSum(path: string): Promise<PartialSum> {
  const file = await open(path, 'r');
  try {
    const prefix = new Uint8Array(PARTIAL_SUM_PREFIX_BYTES);
    await file.read(prefix, 0, prefix.length, 0);
    const json = new Uint8Array(partialSumJsonBytes(prefix));
    await file.read(json, 0, json.length, prefix.length);
    const header = decodePartialSumHeader(json);
    const { byteOffsets, fileBytes } = sumOffsets(prefix.length + json.length, header.tensors);
    const { size } = await file.stat();
    if (size !== fileBytes) {
      throw malformed([{ path: '', message: `the file has ${size} bytes, its header says ${fileBytes}` }]);
    }
    return { ...header, file: { path, byteOffsets } };
  } finally {
    await file.close();
  }
}

/** The mean that partial sums make together; `combineSums` has checked that they may be added. */
export async function meanOfPartialSums(
  runner: FoldRunner,
  sums: readonly PartialSum[],
  output: TensorFile,
): Promise<void> {
  const divisor = sumOfFactors(
    sums.flatMap(({ contributions }) => contributions.map(({ factor }) => factor)),
  );
  await runner.run({
    kind: 'sum',
    tensors: sums[0]!.tensors,
    updates: [],
    factors: [],
    partialSums: sums.map(({ file }) => ({ ...file, subtract: false })),
    output: { ...output, kind: 'means', divisor },
    arithmetic: 'exact',
  });
}

function plain({ participant, sha256, factor }: WeightedUpdate): SummedContribution {
  return { participant, sha256, factor };
}

async function createFile(path: string, header: Uint8Array, bytes: number): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.write(header, 0, header.length, 0);
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
}

async function makeDurable(partial: string, path: string): Promise<void> {
  const file = await open(partial, 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  // The name is durable when its folder is; folders cannot be opened so on Windows.
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.datasync();
  } finally {
    await folder.close();
  }
}
