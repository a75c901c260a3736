import type { RandomStream } from '../random.ts';
import type { Codec, EncodedArray } from './codec.ts';

/** A tensor encoded, and what the codec lost of it. */
export interface FedBack {
  readonly arrays: readonly EncodedArray[];
  /** What everybody decodes. */
  readonly decoded: Float32Array;
  /** Given and not sent; it is added to the next round's values. */
  readonly residual: Float32Array;
}

/**
 * Encodes a tensor with what was left out before (S. P. Karimireddy et al.: Error Feedback Fixes SignSGD and other
 * Gradient Compression Schemes, arXiv:1901.09847): decoded + residual is exactly what was given and left over, but for a
 * rounding to 32 bits.
 * @param residual of the last update that counted; undefined before the first.
 */
export function encodeWithFeedback(
  codec: Codec,
  values: Float32Array,
  residual: Float32Array | undefined,
  random: RandomStream,
  shared: () => RandomStream,
): FedBack {
  const given = residual === undefined ? values : values.map((value, index) => value + residual[index]!);
  const arrays = codec.encode(given, random, shared());
  const decoded = codec.decode(
    arrays.map((array) => array.values),
    values.length,
    shared(),
  );
  return { arrays, decoded, residual: given.map((value, index) => value - decoded[index]!) };
}
