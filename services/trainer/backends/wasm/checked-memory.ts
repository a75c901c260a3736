import { CodedError } from '../../../../runtime/errors.ts';

/** What a module of the tensor backend lets others do with its memory. */
interface Allocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** What a 32-bit address reaches. */
const ADDRESS_SPACE_BYTES = 2 ** 32;

/** Left to the backend's own working memory, whose want it would not notice. */
const RESERVE_BYTES = 64 * 1024 ** 2;

/** End of what tensors may take of a WASM memory. */
export const TENSOR_MEMORY_BYTES: number = ADDRESS_SPACE_BYTES - RESERVE_BYTES;

const checked = new WeakSet<Allocator>();

/**
 * Makes a module refuse what its memory has no room for. Its own allocator answers 0 then, which neither the backend nor
 * our kernels ask for: they would write from address 0 on, over the module's own state and the tensors there.
 * A refusal throws `E_OUT_OF_MEMORY` with the detail `limit: 'process'`: it is the process's own limit, not the machine's.
 */
export function checkMemory(wasm: Allocator): void {
  if (checked.has(wasm)) return;
  checked.add(wasm);
  // The first call puts the module's real functions in place, and would take ours away.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    // Sizes beyond an address would come to the allocator as small ones.
    const address = bytes <= TENSOR_MEMORY_BYTES ? allocate(bytes) >>> 0 : 0;
    if (address !== 0 && address + bytes <= TENSOR_MEMORY_BYTES) return address;
    if (address !== 0) wasm._free(address);
    const [wanted, all] = [bytes, TENSOR_MEMORY_BYTES].map((size) => Math.ceil(size / 1024 ** 2));
    throw new CodedError(
      'E_OUT_OF_MEMORY',
      `the training process ran out of memory: ${wanted} MiB more do not fit into the ${all} MiB that WebAssembly has`,
      { details: { limit: 'process' } },
    );
  };
}
