import { CodedError } from '../../runtime/errors.ts';
import type { RandomStream } from '../random.ts';
import type { Codec, CompressionSpec } from './codec.ts';
import { compressionOption } from './compression-option.ts';

/** Values that share a scale where a federation says nothing. */
export const DEFAULT_BLOCK_LENGTH = 256;

/**
 * Integers of 8 or 4 bits with a scale for each block of values (D. Alistarh et al.: QSGD, arXiv:1610.02132). A value lies
 * between two multiples of its block's scale and becomes one of them by chance, the nearer one more often, so that the
 * mean of many updates has no bias. The error of a value is at most its block's largest magnitude divided by 127, or 7, and
 * where that is below the least 32-bit float, 2^-142.
 */
export function scaledIntegers(spec: CompressionSpec, width: 8 | 4): Codec {
  const blockLength = compressionOption(spec, 'blockLength', {
    fallback: DEFAULT_BLOCK_LENGTH,
    from: 8,
    to: 65_536,
  });
  if (blockLength % 8 !== 0) {
    const message = 'blockLength must be a multiple of 8';
    const faults = [{ path: '/compression/blockLength', message }];
    throw new CodedError('E_INVALID_INPUT', message, { faults });
  }
  const largest = 2 ** (width - 1) - 1;
  const dtype = width === 8 ? 'I8' : 'U8';
  return {
    spec,
    isDense: true,
    isShared: true,
    layout: (length) => [
      { suffix: '', dtype, count: Math.ceil((length * width) / 8) },
      { suffix: ':scales', dtype: 'F32', count: Math.ceil(length / blockLength) },
    ],
    encode(values, random) {
      const scales = scalesOf(values, blockLength, largest);
      const codes = Int8Array.from(values, (value, index) =>
        codeOf(value, scales[Math.floor(index / blockLength)]!, largest, random),
      );
      return [
        { suffix: '', dtype, values: width === 8 ? codes : packed(codes) },
        { suffix: ':scales', dtype: 'F32', values: scales },
      ];
    },
    decode([codes, scales], length) {
      return Float32Array.from({ length }, (_, index) => {
        const code = width === 8 ? codes![index]! : unpackedAt(codes!, index);
        return code * scales![Math.floor(index / blockLength)]!;
      });
    },
  };
}

function scalesOf(values: Float32Array, blockLength: number, largest: number): Float32Array {
  return Float32Array.from({ length: Math.ceil(values.length / blockLength) }, (_, block) => {
    let magnitude = 0;
    for (const value of values.subarray(block * blockLength, (block + 1) * blockLength)) {
      if (!Number.isFinite(value)) {
        throw new CodedError('E_UPDATE_NOT_FINITE', 'a value that is not finite has no code');
      }
      magnitude = Math.max(magnitude, Math.abs(value));
    }
    return magnitude / largest;
  });
}

function codeOf(value: number, scale: number, largest: number, random: RandomStream): number {
  // One draw for each value, whatever it is: where a stream stands does not depend on the values.
  const draw = random.uniform();
  if (scale === 0) return 0;
  const floor = Math.floor(value / scale);
  const code = draw < value / scale - floor ? floor + 1 : floor;
  // The scale was rounded to 32 bits: the largest value may lie a little beyond its code.
  return Math.max(-largest, Math.min(largest, code));
}

/** Two codes a byte, the first in the lower half. */
function packed(codes: Int8Array): Uint8Array {
  return Uint8Array.from(
    { length: Math.ceil(codes.length / 2) },
    (_, index) => (codes[2 * index]! & 0xf) | (((codes[2 * index + 1] ?? 0) & 0xf) << 4),
  );
}

/** The 4-bit code at that index. */
export function unpackedAt(bytes: ArrayLike<number>, index: number): number {
  const nibble = (bytes[index >> 1]! >> (index % 2 === 0 ? 0 : 4)) & 0xf;
  return nibble < 8 ? nibble : nibble - 16;
}
