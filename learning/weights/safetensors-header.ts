import { CodedError, type Fault } from '../../runtime/errors.ts';
import { FLOAT_BYTES } from './little-endian.ts';
import { elementCount, type TensorSpec } from './tensor.ts';

/** Bytes of the header's length, a little-endian 64-bit integer at the start of the file. */
export const LENGTH_BYTES = 8;

/** Longest JSON header that is read, the limit of the reference implementation. */
export const MAXIMUM_HEADER_BYTES = 100_000_000;

const MAXIMUM_FAULTS = 100;

/** The header's key that names no tensor. */
export const METADATA_KEY = '__metadata__';

/** The type of a model's elements: 32-bit floats. */
export const DTYPE = 'F32';

/** Types of elements in compressed updates, with their bytes. */
export const DTYPE_BYTES = { F32: FLOAT_BYTES, F16: 2, I8: 1, U8: 1, U32: 4 } as const;

export type Dtype = keyof typeof DTYPE_BYTES;

/** A tensor and where its bytes lie, counted from the first byte after the header. */
export interface TensorEntry extends TensorSpec {
  /** Of the elements; absent where they are 32-bit floats. */
  readonly dtype?: Dtype;
  readonly begin: number;
  readonly end: number;
}

/** What stands before the tensors of a safetensors file (https://huggingface.co/docs/safetensors). */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes in the file. */
  readonly tensors: readonly TensorEntry[];
  /** Bytes before the first tensor's, the length field included. */
  readonly headerBytes: number;
  /** Bytes of all tensors. */
  readonly dataBytes: number;
}

/**
 * The bytes before the tensors' own: the same ones for the same input, metadata by key, tensors in the given order,
 * padded with spaces so that the tensors begin at a multiple of 8.
 * @throws RangeError for a name given twice, a reserved name or a shape that is none.
 */
export function encodeSafetensorsHeader(
  tensors: readonly (TensorSpec & { readonly dtype?: Dtype })[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const names = new Set([METADATA_KEY]);
  const entries: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    entries.push(`${JSON.stringify(METADATA_KEY)}:{${pairs.join(',')}}`);
  }
  let begin = 0;
  for (const { name, shape, dtype = DTYPE } of tensors) {
    const count = elementCount(shape);
    if (count === undefined) throw new RangeError(`tensor ${name} has the shape [${shape.join(', ')}]`);
    if (names.has(name)) throw new RangeError(`the tensor name ${name} is taken`);
    names.add(name);
    const end = begin + count * DTYPE_BYTES[dtype];
    const entry = JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
    entries.push(`${JSON.stringify(name)}:${entry}`);
    begin = end;
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const paddedBytes = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  if (paddedBytes > MAXIMUM_HEADER_BYTES) throw new RangeError('the header is longer than readers accept');
  const bytes = new Uint8Array(LENGTH_BYTES + paddedBytes).fill(0x20, LENGTH_BYTES + json.length);
  new DataView(bytes.buffer).setUint32(0, paddedBytes, true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

/** The error of a file that is not the safetensors file it should be; `truncated` where bytes are missing at its end. */
export function malformed(
  faults: readonly Fault[],
  { truncated, cause }: { truncated?: true; cause?: unknown } = {},
): CodedError {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  const message = `the safetensors file has ${count}: ${faults[0]?.message}`;
  return new CodedError('E_MALFORMED_SAFETENSORS', message, {
    faults: faults.slice(0, MAXIMUM_FAULTS),
    details: truncated === undefined ? {} : { truncated },
    cause,
  });
}
