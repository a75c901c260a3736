/**
 * The sum of weighted tensors, in 64-bit floats and piece by piece: its memory does not depend on how many are added.
 * The bits of the sum depend on the order of the additions; whoever adds keeps to one order.
 */
export class WeightedSum {
  readonly #sums: ReadonlyMap<string, Float64Array>;

  /** @param lengths number of elements by the tensor's name. */
  constructor(lengths: ReadonlyMap<string, number>) {
    this.#sums = new Map([...lengths].map(([name, length]) => [name, new Float64Array(length)]));
  }

  /**
   * Adds `factor` times the values, from the tensor's element `offset` on.
   * @throws RangeError if there are no such elements.
   */
  add(tensor: string, offset: number, values: Float32Array, factor: number): void {
    const sum = this.of(tensor);
    const count = values.length;
    if (offset < 0 || offset + count > sum.length) throw new RangeError(`${tensor} has no such elements`);
    for (let index = 0; index < count; index++) sum[offset + index]! += factor * values[index]!;
  }

  /** @throws RangeError if there is no such tensor. */
  of(tensor: string): Float64Array {
    const sum = this.#sums.get(tensor);
    if (sum === undefined) throw new RangeError(`there is no sum of ${tensor}`);
    return sum;
  }
}
