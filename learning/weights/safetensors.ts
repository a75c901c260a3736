import { decodeHeaderLength, decodeSafetensorsHeader } from './decode-safetensors-header.ts';
import { bytesOfFloats, floatsOfBytes } from './little-endian.ts';
import {
  type Dtype,
  encodeSafetensorsHeader,
  LENGTH_BYTES,
  malformed,
  type SafetensorsHeader,
} from './safetensors-header.ts';
import { elementCount, type NamedTensor, type Tensor } from './tensor.ts';

/** A safetensors file in memory. */
export interface SafetensorsFile {
  readonly header: SafetensorsHeader;
  /** By name, in the order of their bytes; the values may share the file's memory. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * The parts of a safetensors file one after the other, for a file too large to be twice in memory. The parts may share
 * the tensors' memory.
 * @throws RangeError if the values of a tensor do not fill its shape, or as `encodeSafetensorsHeader`.
 */
export function* encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  for (const { name, shape, values } of tensors) {
    if (values.length !== elementCount(shape)) {
      throw new RangeError(`tensor ${name} of shape [${shape.join(', ')}] has ${values.length} values`);
    }
  }
  yield encodeSafetensorsHeader(tensors, metadata);
  for (const { values } of tensors) yield bytesOfFloats(values);
}

/**
 * A whole safetensors file. Equal input gives equal bytes, and so an equal sha256.
 * @throws RangeError as `encodeSafetensors`.
 */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const parts = [...encodeSafetensors(tensors, metadata)];
  const file = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let position = 0;
  for (const part of parts) {
    file.set(part, position);
    position += part.length;
  }
  return file;
}

/**
 * Reads and checks the header only.
 * @param bytes the file or just its beginning, as long as the header is in it.
 * @param dtypes types of elements that are allowed; 32-bit floats only by default.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` with every fault; `details.truncated` if the header is cut off.
 */
export function readSafetensorsHeader(bytes: Uint8Array, dtypes?: readonly Dtype[]): SafetensorsHeader {
  if (bytes.length < LENGTH_BYTES) throw cutOff(bytes.length, LENGTH_BYTES);
  const end = LENGTH_BYTES + decodeHeaderLength(bytes);
  if (bytes.length < end) throw cutOff(bytes.length, end);
  return decodeSafetensorsHeader(bytes.subarray(LENGTH_BYTES, end), dtypes);
}

/**
 * Reads a whole file.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` with every fault; `details.truncated` if bytes are missing at the end.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const header = readSafetensorsHeader(bytes);
  const { headerBytes, dataBytes } = header;
  const expectedBytes = headerBytes + dataBytes;
  if (bytes.length < expectedBytes) throw cutOff(bytes.length, expectedBytes);
  if (bytes.length > expectedBytes) {
    throw malformed([{ path: '', message: `${bytes.length - expectedBytes} bytes follow the last tensor` }]);
  }
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, begin, end } of header.tensors) {
    const values = floatsOfBytes(bytes.subarray(headerBytes + begin, headerBytes + end));
    tensors.set(name, { shape, values });
  }
  return { header, tensors };
}

function cutOff(actualBytes: number, expectedBytes: number): Error {
  const message = `the file ends after ${actualBytes} bytes, ${expectedBytes} or more are expected`;
  return malformed([{ path: '', message }], { truncated: true });
}
