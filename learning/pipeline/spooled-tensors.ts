import type { SpoolFiles } from '../aggregation/fold/spool-files.ts';
import { decodeHeaderLength } from '../weights/decode-safetensors-header.ts';
import { FLOAT_BYTES, floatsOfBytes } from '../weights/little-endian.ts';
import { readSafetensorsHeader } from '../weights/safetensors.ts';
import { type Dtype, LENGTH_BYTES, type SafetensorsHeader } from '../weights/safetensors-header.ts';
import type { TensorSource } from './tensor-source.ts';

/** Reads only the header of a safetensors file. @throws CodedError `E_MALFORMED_SAFETENSORS`; what the files throw. */
export function readSpooledHeader(
  files: Pick<SpoolFiles, 'read'>,
  path: string,
  dtypes?: readonly Dtype[],
): SafetensorsHeader {
  const length = new Uint8Array(LENGTH_BYTES);
  files.read(path, 0, length);
  const bytes = new Uint8Array(LENGTH_BYTES + decodeHeaderLength(length));
  files.read(path, 0, bytes);
  return readSafetensorsHeader(bytes, dtypes);
}

/** Arrays of 32-bit floats in a file, by name, each with its first byte. */
export function spooledTensors(
  files: Pick<SpoolFiles, 'read'>,
  path: string,
  byteOffsets: ReadonlyMap<string, number>,
): TensorSource {
  return {
    read(name, begin, count) {
      const offset = byteOffsets.get(name);
      if (offset === undefined) throw new RangeError(`${path} has no tensor ${name}`);
      const bytes = new Uint8Array(count * FLOAT_BYTES);
      files.read(path, offset + begin * FLOAT_BYTES, bytes);
      return floatsOfBytes(bytes);
    },
  };
}

/** Where each tensor of a safetensors file begins, by name. */
export function byteOffsetsOf({ headerBytes, tensors }: SafetensorsHeader): ReadonlyMap<string, number> {
  return new Map(tensors.map(({ name, begin }) => [name, headerBytes + begin]));
}
