import type { Values } from '../strategies/strategy.ts';

/** Values of the model's tensors that are read piece by piece, from memory or from a file. */
export interface TensorSource {
  /**
   * So many elements of a tensor from `begin` on. They may share memory with the source: copy what is to be changed.
   * @throws RangeError if there is no such tensor.
   */
  read(name: string, begin: number, count: number): Float32Array | Float64Array;
}

/** A source of values in memory. */
export function sourceOf(values: Values): TensorSource {
  return {
    read(name, begin, count) {
      const found = values.get(name);
      if (found === undefined) throw new RangeError(`there is no tensor ${name}`);
      return begin === 0 && count === found.length ? found : found.subarray(begin, begin + count);
    },
  };
}
