/** Bytes of a 32-bit float. */
export const FLOAT_BYTES = 4;

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The little-endian bytes of the floats, bit for bit; they may share the floats' memory. */
export function bytesOfFloats(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return HOST_IS_LITTLE_ENDIAN ? bytes : swapped(bytes);
}

/**
 * The floats in little-endian bytes, bit for bit; they share the bytes' memory where its alignment allows.
 * @param bytes a whole number of floats.
 */
export function floatsOfBytes(bytes: Uint8Array): Float32Array {
  const ordered = HOST_IS_LITTLE_ENDIAN ? bytes : swapped(bytes);
  const aligned = ordered.byteOffset % FLOAT_BYTES === 0 ? ordered : Uint8Array.from(ordered);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / FLOAT_BYTES);
}

function swapped(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) {
    result[index] = bytes[index - (index % FLOAT_BYTES) + (FLOAT_BYTES - 1 - (index % FLOAT_BYTES))]!;
  }
  return result;
}
