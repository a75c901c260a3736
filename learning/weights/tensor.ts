/** Name and shape of a tensor of 32-bit floats; an empty shape is one number. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A tensor without its name, its elements in row-major order. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A tensor with its elements in row-major order. */
export interface NamedTensor extends TensorSpec {
  readonly values: Float32Array;
}

/** Some consecutive elements of a tensor, as a stream brings them. */
export interface TensorPiece {
  readonly tensor: string;
  /** Position of the first element in the tensor. */
  readonly offset: number;
  /** Valid until the next piece is asked for; copy what is to be kept. */
  readonly values: Float32Array;
}

/** Elements of a tensor of that shape, or undefined if the shape is none or the count no safe integer. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) return undefined;
    count *= dimension;
  }
  return Number.isSafeInteger(count) ? count : undefined;
}

/** Whether two shapes are the same, dimension by dimension. */
export function sameShape(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((dimension, axis) => dimension === other[axis]);
}

/** Whether no value is infinite or not a number. */
export function areFinite(values: Float32Array): boolean {
  // Times 0 a finite value is 0 and any other is NaN, which no sum loses: quicker than asking value by value.
  let probe = 0;
  for (let index = 0; index < values.length; index++) probe += values[index]! * 0;
  return probe === 0;
}
