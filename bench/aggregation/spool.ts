import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorFile, TensorPayload, UpdateFile } from '../../learning/aggregation/fold/fold-task.ts';
import type { RoleTensor } from '../../learning/aggregation/fold/reduce.ts';
import { gridOf } from '../../learning/aggregation/grid.ts';

/** How many updates of how many float32 parameters. */
export interface SpoolSize {
  readonly name: string;
  readonly updates: number;
  readonly parameters: number;
}

/** Updates in files, all different, just written: their bytes are in the page cache. */
export interface Spool extends SpoolSize {
  readonly encoding: TensorPayload['encoding'];
  readonly tensors: readonly RoleTensor[];
  readonly files: readonly UpdateFile[];
  readonly factors: readonly number[];
  readonly output: TensorFile;
  /** What the updates are as float32. */
  readonly floatBytes: number;
}

const BLOCK_LENGTH = 256;
const CHUNK = 1 << 20;

/** Writes the updates and an output file of the mean's size. */
export function writeSpool(folder: string, size: SpoolSize, encoding: 'f32' | 'f16' | 'int8'): Spool {
  const { updates, parameters } = size;
  const scaleBytes = Math.ceil(parameters / BLOCK_LENGTH) * 4;
  const files = Array.from({ length: updates }, (_, update): UpdateFile => {
    const path = join(folder, `${encoding}-${update}`);
    writeUpdate(path, parameters, encoding, update, scaleBytes);
    const payload: TensorPayload =
      encoding === 'int8'
        ? { encoding, byteOffset: scaleBytes, scalesByteOffset: 0, blockLength: BLOCK_LENGTH }
        : { encoding, byteOffset: 0 };
    return { participant: `p${update}`, path, payloads: [payload] };
  });
  const output = join(folder, 'output');
  writeFileSync(output, '');
  const file = openSync(output, 'r+');
  ftruncateSync(file, parameters * 4);
  closeSync(file);
  return {
    ...size,
    encoding,
    tensors: [
      { name: 'all', role: 'trainable', length: parameters, grid: gridOf('trainable', updates * 1000) },
    ],
    files,
    factors: files.map((_, index) => 100 + index),
    output: { path: output, byteOffsets: [0] },
    floatBytes: updates * parameters * 4,
  };
}

function writeUpdate(
  path: string,
  parameters: number,
  encoding: TensorPayload['encoding'],
  seed: number,
  scaleBytes: number,
): void {
  const file = openSync(path, 'w');
  if (encoding === 'int8') writeSync(file, new Float32Array(scaleBytes / 4).fill(0.001 * (seed + 1)));
  const pseudorandom = new Int32Array(CHUNK);
  let state = seed + 1;
  for (let begin = 0; begin < parameters; begin += CHUNK) {
    const count = Math.min(CHUNK, parameters - begin);
    for (let index = 0; index < count; index++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      pseudorandom[index] = state;
    }
    writeSync(file, encoded(pseudorandom.subarray(0, count), encoding));
  }
  closeSync(file);
}

function encoded(numbers: Int32Array, encoding: TensorPayload['encoding']): NodeJS.ArrayBufferView {
  if (encoding === 'f32') return Float32Array.from(numbers, (number) => number * 2 ** -36);
  if (encoding === 'int8') return Int8Array.from(numbers, (number) => number >> 24);
  // Any sign and fraction with exponents below that of 0.03.
  return Uint16Array.from(numbers, (number) => (number >>> 16) & 0xa7ff);
}
