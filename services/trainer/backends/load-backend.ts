import * as tf from '@tensorflow/tfjs-core';
import type { Numerics } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { TensorFlow } from '../models/model.ts';
import { type BackendPlan, describeNumerics, sameNumerics } from './backend-plan.ts';
import { loadNativeTensorFlow } from './load-tensorflow.ts';
import { loadWasm } from './load-wasm.ts';
import { loadWebGpu } from './load-webgpu.ts';
import { TFJS_VERSION } from './versions.ts';
import { nodeMajor, wasmBuildOf, wasmNumerics } from './wasm-numerics.ts';

/** The tensor library on a backend, and what that backend turned out to be. */
export interface LoadedBackend {
  readonly tf: TensorFlow;
  readonly numerics: Numerics;
  /** Name of the GPU, where the backend tells it. */
  readonly deviceName?: string;
}

/**
 * Makes this process compute with a backend. It may be asked again for another one, once the tensors of the former are
 * disposed of. A native backend that does not fit the machine may end the process: try it in a child first.
 * @throws CodedError `E_BACKEND_UNAVAILABLE`, `E_NO_GPU`.
 */
export async function openBackend(plan: BackendPlan): Promise<LoadedBackend> {
  if (tf.version_core !== TFJS_VERSION) {
    throw new CodedError('E_BACKEND_UNAVAILABLE', `found tfjs ${tf.version_core}, expected ${TFJS_VERSION}`);
  }
  switch (plan.numerics.backend) {
    case 'wasm':
      return openWasm(plan.numerics);
    case 'tensorflow': {
      const { version, gpu } = await loadNativeTensorFlow(folderOf(plan));
      return { tf, numerics: native('tensorflow', `libtensorflow ${version}`, gpu) };
    }
    case 'webgpu': {
      const { device, gpu } = await loadWebGpu(folderOf(plan), plan.softwareGpu === true);
      return { tf, numerics: native('webgpu', device.slice(0, 80), gpu), deviceName: device };
    }
    default:
      throw new CodedError('E_BACKEND_UNAVAILABLE', `there is no backend ${plan.numerics.backend}`);
  }
}

/**
 * As `openBackend`, for a plan whose numerics a probe has found: it never goes on with others, such as a CPU in place
 * of a GPU that has gone.
 * @throws CodedError `E_BACKEND_UNAVAILABLE`, `E_NO_GPU`, `E_NUMERICS_MISMATCH`.
 */
export async function loadBackend(plan: BackendPlan): Promise<TensorFlow> {
  const loaded = await openBackend(plan);
  if (sameNumerics(loaded.numerics, plan.numerics)) return loaded.tf;
  const found = describeNumerics(loaded.numerics);
  if (plan.numerics.device === 'gpu' && loaded.numerics.device !== 'gpu') {
    throw new CodedError('E_NO_GPU', `the GPU of this worker has gone; there is ${found}`);
  }
  throw new CodedError('E_NUMERICS_MISMATCH', `wanted ${describeNumerics(plan.numerics)}, there is ${found}`);
}

async function openWasm(numerics: Numerics): Promise<LoadedBackend> {
  const build = wasmBuildOf(numerics);
  if (build === undefined) {
    throw new CodedError('E_BACKEND_UNAVAILABLE', `there are no WASM kernels ${numerics.build} here`);
  }
  await loadWasm(build);
  return { tf, numerics: wasmNumerics(build) };
}

function native(backend: string, build: string, gpu: boolean): Numerics {
  const device = gpu ? 'gpu' : 'cpu';
  return { backend, build, library: `tfjs ${TFJS_VERSION}`, node: nodeMajor(), device };
}

function folderOf({ folder, numerics }: BackendPlan): string {
  if (folder !== undefined) return folder;
  throw new CodedError('E_BACKEND_UNAVAILABLE', `${numerics.backend} is not set up; see docs/gpu.md`);
}
