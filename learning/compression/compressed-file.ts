import { CodedError, type Fault } from '../../runtime/errors.ts';
import { randomStream } from '../random.ts';
import { readSafetensorsHeader } from '../weights/safetensors.ts';
import {
  DTYPE_BYTES,
  type Dtype,
  encodeSafetensorsHeader,
  type SafetensorsHeader,
} from '../weights/safetensors-header.ts';
import { elementCount, type NamedTensor, type TensorSpec } from '../weights/tensor.ts';
import type { Codec, EncodedArray } from './codec.ts';

/** What keys the places that all participants of a round share. */
export interface SharedKey {
  readonly seed: number;
  readonly round: number;
}

/** A tensor with its codec's arrays; plain where it has no codec. */
export interface CompressedTensor extends TensorSpec {
  readonly arrays: readonly EncodedArray[];
}

const ALL_DTYPES: readonly Dtype[] = ['F32', 'F16', 'I8', 'U8', 'U32'];

/** A tensor's shared stream; a new one each time, at its beginning. */
export function sharedStream({ seed, round }: SharedKey, tensor: string) {
  return randomStream({ seed, round, participant: 'main', purpose: `shared-places/${tensor}` });
}

/** The arrays of a tensor that goes uncompressed. */
export function plainArrays(values: Float32Array): readonly EncodedArray[] {
  return [{ suffix: '', dtype: 'F32', values }];
}

/** A safetensors file of encoded arrays, `NAME` and `NAME:scales`, `NAME:indices`; equal input gives equal bytes. */
export function writeCompressed(
  tensors: readonly CompressedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  // 32-bit arrays first, so that every array begins at a multiple of its element's bytes.
  const arrays = tensors
    .flatMap(({ name, arrays: some }) => some.map((array) => ({ ...array, name: `${name}${array.suffix}` })))
    .toSorted((one, other) => DTYPE_BYTES[other.dtype] - DTYPE_BYTES[one.dtype]);
  const entries = arrays.map(({ name, dtype, values }) => ({ name, dtype, shape: [values.length] }));
  const header = encodeSafetensorsHeader(entries, metadata);
  const file = new Uint8Array(header.length + arrays.reduce((sum, { values }) => sum + values.byteLength, 0));
  file.set(header);
  let position = header.length;
  for (const { values } of arrays) {
    file.set(littleEndian(values), position);
    position += values.byteLength;
  }
  return file;
}

/**
 * Decodes a file of encoded arrays.
 * @param expected the tensors that it must hold, and no others, each with its codec, if it has one.
 * @throws CodedError `E_MALFORMED_SAFETENSORS`, `E_UPDATE_SHAPES` with every fault, `E_UPDATE_MALFORMED`.
 */
export function readCompressed(
  file: Uint8Array,
  expected: readonly (TensorSpec & { readonly codec: Codec | undefined })[],
  shared: SharedKey,
): { header: SafetensorsHeader; tensors: NamedTensor[] } {
  const header = readSafetensorsHeader(file, ALL_DTYPES);
  if (file.length !== header.headerBytes + header.dataBytes) {
    throw new CodedError('E_MALFORMED_SAFETENSORS', 'the file does not end with its last array');
  }
  refuseOtherArrays(header, expected);
  const entries = new Map(header.tensors.map((entry) => [entry.name, entry]));
  const tensors = expected.map(({ name, shape, codec }) => {
    const length = elementCount(shape)!;
    const arrays = layoutOf(codec, length).map(({ suffix, dtype }) => {
      const { begin, end } = entries.get(`${name}${suffix}`)!;
      // Copied, and not by `slice`, which shares the memory where the file is a Buffer of Node.
      const bytes = new Uint8Array(file.subarray(header.headerBytes + begin, header.headerBytes + end));
      return arrayOf(bytes, dtype);
    });
    const values =
      codec === undefined
        ? Float32Array.from(arrays[0]!)
        : codec.decode(arrays, length, sharedStream(shared, name));
    return { name, shape, values };
  });
  return { header, tensors };
}

function layoutOf(codec: Codec | undefined, length: number): ReturnType<Codec['layout']> {
  return codec?.layout(length) ?? [{ suffix: '', dtype: 'F32', count: length }];
}

function refuseOtherArrays(
  header: SafetensorsHeader,
  expected: readonly (TensorSpec & { readonly codec: Codec | undefined })[],
): void {
  const wanted = new Map(
    expected.flatMap(({ name, shape, codec }) =>
      layoutOf(codec, elementCount(shape)!).map(({ suffix, dtype, count }) => [
        `${name}${suffix}`,
        { dtype, count },
      ]),
    ),
  );
  const faults: Fault[] = [];
  for (const { name, shape, dtype = 'F32' } of header.tensors) {
    const array = wanted.get(name);
    wanted.delete(name);
    if (array === undefined || array.dtype !== dtype || array.count !== shape[0] || shape.length !== 1) {
      faults.push({ path: name, message: `array ${name} is not one that the codec makes` });
    }
  }
  for (const path of wanted.keys()) faults.push({ path, message: `array ${path} is missing` });
  if (faults.length > 0) {
    throw new CodedError('E_UPDATE_SHAPES', `the update is refused: ${faults[0]?.message}`, { faults });
  }
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

function littleEndian(values: EncodedArray['values']): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  return HOST_IS_LITTLE_ENDIAN ? bytes : swapped(bytes, values.BYTES_PER_ELEMENT);
}

function arrayOf(copied: Uint8Array<ArrayBuffer>, dtype: Dtype): EncodedArray['values'] {
  const bytes = HOST_IS_LITTLE_ENDIAN ? copied : swapped(copied, DTYPE_BYTES[dtype]);
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes.buffer);
    case 'F16':
      return new Uint16Array(bytes.buffer);
    case 'I8':
      return new Int8Array(bytes.buffer);
    case 'U8':
      return bytes;
    case 'U32':
      return new Uint32Array(bytes.buffer);
    default:
      return dtype satisfies never;
  }
}

function swapped(bytes: Uint8Array, elementBytes: number): Uint8Array {
  for (let start = 0; start < bytes.length; start += elementBytes) {
    bytes.subarray(start, start + elementBytes).reverse();
  }
  return bytes;
}
