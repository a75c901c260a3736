import type { TensorFlow } from '../../models/model.ts';
import { TFJS_VERSION } from '../versions.ts';
import type { WasmBuild } from '../wasm-numerics.ts';
import { checkMemory } from './checked-memory.ts';
import { kernelHost, setKernelHost, type WasmBackend } from './kernel-host.ts';
import { loadKernelModule } from './kernel-module.ts';
import { replaceKernels } from './replace-kernels.ts';
import { convolutionKernels } from './replacements/convolutions.ts';
import { copyKernels } from './replacements/copies.ts';
import { depthwiseKernels } from './replacements/depthwise.ts';
import { matrixKernels } from './replacements/matrix-products.ts';
import { maxPoolKernels } from './replacements/max-pool.ts';
import { reductionKernels } from './replacements/reductions.ts';

/**
 * Puts our kernels in place of those of the WASM backend, which must be the one in use. They read and write the memory
 * of the backend, whose inside is not part of its interface: only of the version that was tried. From then on a tensor
 * that the memory has no room for is refused with `E_OUT_OF_MEMORY`.
 * @param build by default the fastest that runs here.
 * @returns the build that is in place; undefined, and nothing changed, where the engine lacks its instructions or the
 * library has another version.
 */
export async function installWasmKernels(tf: TensorFlow, build?: WasmBuild): Promise<WasmBuild | undefined> {
  if (tf.version_core !== TFJS_VERSION || tf.getBackend() !== 'wasm') return undefined;
  if (build === undefined) {
    return (await installWasmKernels(tf, 'relaxed-simd')) ?? installWasmKernels(tf, 'simd');
  }
  const installed = kernelHost(tf);
  if (installed?.build === build) return build;
  // The class of the backend in use; kernel-host.ts names what we need of it.
  const backend = tf.backend() as unknown as WasmBackend;
  checkMemory(backend.wasm);
  const memory = backend.wasm.wasmMemory ?? backend.wasm.asm?.memory;
  if (memory === undefined) return undefined;
  const kernels = await loadKernelModule(build, memory);
  if (kernels === undefined) return undefined;
  const host = setKernelHost(tf, backend, kernels, build);
  replaceKernels(tf, host, [
    ...convolutionKernels(tf, host),
    ...copyKernels(tf, host),
    ...depthwiseKernels(tf, host),
    ...matrixKernels(tf, host),
    ...maxPoolKernels(tf, host),
    ...reductionKernels(tf, host),
  ]);
  return build;
}
