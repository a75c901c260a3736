import { floatOf } from '../../compression/half-floats.ts';
import { unpackedAt } from '../../compression/scaled-integers.ts';
import type { TensorPayload } from './fold-task.ts';
import type { SpoolFiles } from './spool-files.ts';

const FLOAT_BYTES = 4;

type Files = Pick<SpoolFiles, 'read'>;

/**
 * Decodes a piece of a tensor from an update's file, whatever its encoding; `scale` is left to the caller.
 * @param begin first element. @param into as many as are wanted; overwritten.
 */
export function readPayload(
  files: Files,
  path: string,
  payload: TensorPayload,
  begin: number,
  into: Float32Array,
): void {
  switch (payload.encoding) {
    case 'f32':
      into.set(floats(files, path, payload.byteOffset + begin * FLOAT_BYTES, into.length));
      return;
    case 'f16': {
      const halves = read(files, path, payload.byteOffset + begin * 2, into.length * 2);
      for (let index = 0; index < into.length; index++)
        into[index] = floatOf(halves.getUint16(index * 2, true));
      return;
    }
    case 'int8':
    case 'int4':
      readIntegers(files, path, payload, begin, into);
      return;
    case 'sparse':
      readSparse(files, path, payload, begin, into);
      return;
    default:
      payload satisfies never;
  }
}

/** Multiplies by the factor; each product is rounded once to 32 bits. */
export function scaleValues(values: Float32Array, factor: number): void {
  for (let index = 0; index < values.length; index++) values[index]! *= factor;
}

function readIntegers(
  files: Files,
  path: string,
  payload: Extract<TensorPayload, { encoding: 'int8' | 'int4' }>,
  begin: number,
  into: Float32Array,
): void {
  const { encoding, byteOffset, scalesByteOffset, blockLength } = payload;
  const block = Math.floor(begin / blockLength);
  const blocks = Math.ceil((begin + into.length) / blockLength) - block;
  const scales = floats(files, path, scalesByteOffset + block * FLOAT_BYTES, blocks);
  const scaleOf = (index: number) => scales[Math.floor((begin + index) / blockLength) - block]!;
  if (encoding === 'int8') {
    const codes = read(files, path, byteOffset + begin, into.length);
    for (let index = 0; index < into.length; index++) into[index] = codes.getInt8(index) * scaleOf(index);
    return;
  }
  const first = begin >> 1;
  const bytes = new Uint8Array(((begin + into.length + 1) >> 1) - first);
  files.read(path, byteOffset + first, bytes);
  for (let index = 0; index < into.length; index++) {
    into[index] = unpackedAt(bytes, begin - 2 * first + index) * scaleOf(index);
  }
}

function readSparse(
  files: Files,
  path: string,
  payload: Extract<TensorPayload, { encoding: 'sparse' }>,
  begin: number,
  into: Float32Array,
): void {
  const first = placesBelow(files, path, payload, begin);
  const count = placesBelow(files, path, payload, begin + into.length) - first;
  into.fill(0);
  if (count === 0) return;
  const { byteOffset, indicesByteOffset, indicesPath = path } = payload;
  const places = read(files, indicesPath, indicesByteOffset + first * FLOAT_BYTES, count * FLOAT_BYTES);
  const values = floats(files, path, byteOffset + first * FLOAT_BYTES, count);
  for (let index = 0; index < count; index++) {
    into[places.getUint32(index * FLOAT_BYTES, true) - begin] = values[index]!;
  }
}

/** How many of the ascending places lie before `place`; by halving, for there may be millions. */
function placesBelow(
  files: Files,
  path: string,
  { kept, indicesByteOffset, indicesPath = path }: Extract<TensorPayload, { encoding: 'sparse' }>,
  place: number,
): number {
  let low = 0;
  let high = kept;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = read(files, indicesPath, indicesByteOffset + middle * FLOAT_BYTES, FLOAT_BYTES);
    if (at.getUint32(0, true) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

function read(files: Files, path: string, position: number, bytes: number): DataView {
  const content = new Uint8Array(bytes);
  files.read(path, position, content);
  return new DataView(content.buffer);
}

function floats(files: Files, path: string, position: number, count: number): Float32Array {
  const view = read(files, path, position, count * FLOAT_BYTES);
  return Float32Array.from({ length: count }, (_, index) => view.getFloat32(index * FLOAT_BYTES, true));
}
