import type { Numerics } from '../../../openapi/schemas.ts';
import { wasmNumerics } from '../backends/wasm-numerics.ts';

/** What every worker of the same Node can compute with, to the same bits: WASM, plain SIMD, one thread. */
export function ownNumerics(): Numerics {
  return wasmNumerics('simd');
}
