import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { CodedError } from '../../../runtime/errors.ts';
import { installWasmKernels } from './wasm/install-kernels.ts';

/**
 * The WASM backend with our kernels, on one thread: threads would make sums depend on the number of cores, and two
 * processes use two cores better.
 * @param build kernels to use; `simd` runs everywhere and gives the same bits everywhere.
 * @throws CodedError `E_BACKEND_UNAVAILABLE` where the machine has no SIMD, or not that of the build.
 */
export async function loadWasm(build: 'simd' | 'relaxed-simd'): Promise<void> {
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
    throw new CodedError('E_BACKEND_UNAVAILABLE', 'this machine cannot run WebAssembly with SIMD');
  }
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) {
    throw new CodedError('E_BACKEND_UNAVAILABLE', 'the WASM backend of the tensor library does not start');
  }
  const installed = await installWasmKernels(tf, build);
  if (installed === build) return;
  const message = `the WASM kernels for ${build} do not run here (found ${installed ?? 'none'})`;
  throw new CodedError('E_BACKEND_UNAVAILABLE', message);
}
