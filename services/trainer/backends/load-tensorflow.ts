import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import type { KernelBackend, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { CodedError } from '../../../runtime/errors.ts';
import { shareLibrary } from './share-library.ts';

/** What the package's module of the backend exports. */
interface BackendModule {
  readonly NodeJSKernelBackend: new (binding: Binding, packageName: string) => NativeBackend;
}

interface Binding {
  readonly TF_Version: string;
}

interface NativeBackend extends KernelBackend {
  readonly isUsingGpuDevice: boolean;
}

const PACKAGE = '@tensorflow/tfjs-node-gpu';

/**
 * The native backend that `setup:tensorflow` built. The package's own entry point is passed by: it wants a build of its
 * download script and the union package.
 * @returns version of libtensorflow, and whether it found a GPU.
 * @throws CodedError `E_BACKEND_UNAVAILABLE`. A processor or driver that does not fit may end the process instead.
 */
export async function loadNativeTensorFlow(folder: string): Promise<{ version: string; gpu: boolean }> {
  restoreRemovedFunctions();
  lendMethods();
  shareLibrary();
  const load = createRequire(join(folder, 'node_modules', PACKAGE, 'package.json'));
  try {
    // The types of what is loaded by path, as in the package's declarations.
    const binding = load('./lib/napi-v8/tfjs_binding.node') as Binding;
    if (tf.findBackendFactory('tensorflow') === null) {
      const { NodeJSKernelBackend } = load('./dist/nodejs_kernel_backend.js') as BackendModule;
      load('./dist/register_all_kernels.js');
      tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, PACKAGE));
    }
    await tf.setBackend('tensorflow');
    // The factory above made it.
    const { isUsingGpuDevice } = tf.backend() as NativeBackend;
    return { version: binding.TF_Version, gpu: isUsingGpuDevice };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown);
    throw new CodedError('E_BACKEND_UNAVAILABLE', `libtensorflow does not load: ${reason}`, {
      cause: thrown,
    });
  }
}

/** Node 23 removed two functions that the package, which has no newer release, still calls. */
function restoreRemovedFunctions(): void {
  const removed: Readonly<Record<string, (value: unknown) => boolean>> = {
    isArray: Array.isArray,
    isNullOrUndefined: (value) => value === null || value === undefined,
  };
  for (const [name, restored] of Object.entries(removed)) {
    if (Reflect.get(util, name) === undefined) Reflect.set(util, name, restored);
  }
}

/** The package's kernel of PReLU calls these as methods of tensors, which the library's build for Node does not have. */
function lendMethods(): void {
  for (const [name, operation] of Object.entries({ add: tf.add, mul: tf.mul, sub: tf.sub })) {
    if (Reflect.get(tf.Tensor.prototype, name) !== undefined) continue;
    const method = function (this: Tensor, other: Tensor): Tensor {
      return operation(this, other);
    };
    Reflect.set(tf.Tensor.prototype, name, method);
  }
}
