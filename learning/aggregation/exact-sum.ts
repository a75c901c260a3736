import { type Grid, refuseOutOfRange, stepOf } from './grid.ts';
import { openKernels } from './kernels.ts';

/** Elements that pass through the kernels at once. */
const TILE = 16_384;

/**
 * The exact sum of weighted tensors in memory, 8 bytes an element: for models that fit, and for simulation. It has the
 * same bits as the fold of files, in whatever order and grouping the values come.
 */
export class ExactSum {
  readonly #kernels: ReturnType<typeof openKernels>['kernels'];
  readonly #values: Float32Array;
  readonly #valuesPlace: number;
  readonly #tensors: ReadonlyMap<string, { place: number; length: number; grid: Grid }>;

  /**
   * @param wasm the kernels' bytes.
   * @param tensors length and grid by name; all of them at most 4 GiB.
   */
  constructor(
    wasm: Uint8Array,
    tensors: ReadonlyMap<string, { readonly length: number; readonly grid: Grid }>,
  ) {
    const { kernels, places } = openKernels(wasm, [
      TILE * 4,
      ...[...tensors.values()].map(({ length }) => (length + 4) * 8),
    ]);
    this.#kernels = kernels;
    this.#valuesPlace = places[0]!;
    this.#values = new Float32Array(kernels.memory.buffer, this.#valuesPlace, TILE);
    this.#tensors = new Map(
      [...tensors].map(([name, { length, grid }], index) => [
        name,
        { place: places[index + 1]!, length, grid },
      ]),
    );
  }

  /**
   * Adds `factor` times the values, from the tensor's element `offset` on; a negative factor takes them off again.
   * @param factor a multiple of 2^-20. The caller keeps the factors' sum within the grid's.
   * @param who is named where a value is refused; then none of these values is in the sum.
   * @throws CodedError `E_UPDATE_OUT_OF_RANGE`; RangeError if there are no such elements.
   */
  add(tensor: string, offset: number, values: Float32Array, factor: number, who: string): void {
    const { place, length, grid } = this.#of(tensor);
    if (offset < 0 || offset + values.length > length) throw new RangeError(`${tensor} has no such elements`);
    refuseOutOfRange(values, grid, tensor, who);
    const scale = factor / stepOf(grid);
    for (let begin = 0; begin < values.length; begin += TILE) {
      const some = values.subarray(begin, begin + TILE);
      this.#values.set(some);
      // Zeros add nothing to what follows.
      this.#values.fill(0, some.length, Math.ceil(some.length / 4) * 4);
      const sums = place + (offset + begin) * 8;
      this.#kernels.foldFar(sums, this.#valuesPlace, Math.ceil(some.length / 4) * 4, scale);
    }
  }

  /** The integers of a tensor, alive: they count steps of its grid. @throws RangeError if there is no such tensor. */
  integers(tensor: string): BigInt64Array {
    const { place, length } = this.#of(tensor);
    return new BigInt64Array(this.#kernels.memory.buffer, place, length);
  }

  /** The sum divided by `divisor`, in 64-bit floats. @throws RangeError if there is no such tensor. */
  mean(tensor: string, divisor: number): Float64Array {
    const step = stepOf(this.#of(tensor).grid);
    return Float64Array.from(this.integers(tensor), (integer) => (Number(integer) * step) / divisor);
  }

  #of(name: string): { place: number; length: number; grid: Grid } {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new RangeError(`there is no sum of ${name}`);
    return tensor;
  }
}
