/** What is used of the engine's WebAssembly; the compiler's library for Node does not describe it. */
interface WebAssemblyEngine {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (wasm: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** The functions of `assembly/`, compiled. Places are byte offsets in `memory`, counts are elements. */
export interface AggregationKernels {
  readonly memory: { readonly buffer: ArrayBuffer };
  largestBits(values: number, count: number): number;
  foldNear(sums: number, values: number, count: number, scale: number): void;
  foldNearFour(
    sums: number,
    values: number,
    strideBytes: number,
    count: number,
    ...scales: [number, number, number, number]
  ): void;
  foldFar(sums: number, values: number, count: number, scale: number): void;
  addSums(sums: number, others: number, count: number, subtract: number): void;
  meansOf(sums: number, means: number, count: number, step: number, divisor: number): void;
  foldFloatsFour(
    sums: number,
    values: number,
    strideBytes: number,
    count: number,
    ...factors: [number, number, number, number]
  ): void;
  decodeHalves(halves: number, floats: number, count: number): void;
  decodeBytes(bytes: number, floats: number, count: number, scale: number): void;
  toKeys(values: number, keys: number): void;
  compareRows(keys: number, pairs: number, pairCount: number): void;
  meanOfRows(keys: number, first: number, last: number, means: number): void;
  meanAroundMedian(keys: number, rows: number, kept: number, means: number): void;
  addGram(rows: number, strideBytes: number, rowCount: number, count: number, products: number): void;
}

/** Compiled once for the bytes that they are of. */
const modules = new WeakMap<Uint8Array, object>();

const PAGE_BYTES = 65_536;

/** Where the build puts the kernels, from the package's root; whoever has a file system reads them. */
export const KERNELS_FILE = 'dist/learning/aggregation/kernels.wasm';

/** What a kernel reads or writes starts at a multiple of it. */
const ALIGNMENT_BYTES = 16;

/**
 * One instance of the kernels with room for the given areas.
 * @param wasm the bytes of `KERNELS_FILE`.
 * @param areaBytes bytes of each area that the caller needs, at most 4 GiB together.
 * @returns the kernels and the areas' places, in the order given.
 */
export function openKernels(
  wasm: Uint8Array,
  areaBytes: readonly number[],
): { kernels: AggregationKernels; places: readonly number[] } {
  let end = ALIGNMENT_BYTES;
  const places = areaBytes.map((bytes) => {
    const place = end;
    end += Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    return place;
  });
  // Every engine of Node >= 20 has it.
  const { WebAssembly: engine } = globalThis as unknown as { WebAssembly: WebAssemblyEngine };
  const memory = new engine.Memory({ initial: Math.ceil(end / PAGE_BYTES) });
  const module = modules.get(wasm) ?? new engine.Module(wasm);
  modules.set(wasm, module);
  const { exports } = new engine.Instance(module, { env: { memory } });
  // The build compiles exactly the functions declared above; a test calls each.
  return { kernels: exports as AggregationKernels, places };
}
