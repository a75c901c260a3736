import type { RandomStream } from '../random.ts';
import type { Dtype } from '../weights/safetensors-header.ts';

/** A codec's key and its options, as a federation and an update's header name it. */
export interface CompressionSpec {
  readonly key: string;
  readonly [option: string]: unknown;
}

/** One array of an encoded tensor. */
export interface EncodedArray {
  /** What stands behind the tensor's name; empty for the values themselves. */
  readonly suffix: '' | ':scales' | ':indices';
  readonly dtype: Dtype;
  readonly values: Float32Array | Uint16Array | Int8Array | Uint8Array | Uint32Array;
}

/** What the arrays of a tensor are called and have, given the tensor's length. */
export type ArrayLayout = readonly Pick<EncodedArray, 'suffix' | 'dtype'>[];

/**
 * A way to make tensors smaller. It is pure: equal values and an equal stream give equal bytes, and everybody decodes the
 * same bits.
 */
export interface Codec {
  readonly spec: CompressionSpec;
  /** Whether each of the tensor's elements gets a value of its own, which rules of coordinates need. */
  readonly isDense: boolean;
  /** Whether all participants of a round send the same elements. */
  readonly isShared: boolean;
  /** The arrays of every encoded tensor, in their order, and how many elements each has. */
  layout(
    length: number,
  ): readonly { readonly suffix: EncodedArray['suffix']; readonly dtype: Dtype; readonly count: number }[];
  /** Where the values of a tensor stand that the file does not say, as all participants of a round send the same. */
  sharedPlaces?(length: number, shared: RandomStream): Uint32Array;
  /**
   * @param random for stochastic rounding, keyed by participant and tensor.
   * @param shared keyed by round and tensor alone: the same for all participants.
   * @throws CodedError `E_UPDATE_NOT_FINITE`, or `E_UPDATE_OUT_OF_RANGE` for a value that has no code.
   */
  encode(values: Float32Array, random: RandomStream, shared: RandomStream): readonly EncodedArray[];
  /**
   * @param arrays of the layout, in its order.
   * @throws CodedError `E_UPDATE_MALFORMED` for arrays that no encoder makes.
   */
  decode(arrays: readonly EncodedArray['values'][], length: number, shared: RandomStream): Float32Array;
}
