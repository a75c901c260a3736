import type { KernelFunc, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../models/model.ts';
import type { KernelHost } from './kernel-host.ts';

/** A kernel of ours in place of the backend's. */
export interface Replacement {
  readonly name: string;
  /** @returns undefined for what the kernel does not do; the backend's own does it then. */
  run(inputs: NamedTensorInfoMap, attributes: NamedAttrMap): TensorInfo | TensorInfo[] | undefined;
}

const originals = new Map<string, KernelFunc | undefined>();

/** Puts kernels in place; where there was none, what a replacement does not do is refused. */
export function replaceKernels(
  tf: TensorFlow,
  { backend }: KernelHost,
  replacements: readonly Replacement[],
): void {
  for (const { name, run } of replacements) {
    const registered = tf.getKernel(name, 'wasm');
    // What we put there before, for another build, is not an original.
    if (!originals.has(name)) originals.set(name, registered?.kernelFunc);
    const original = originals.get(name);
    const kernelFunc: KernelFunc = (call) => {
      const result = run(call.inputs, call.attrs ?? {});
      if (result !== undefined) return result;
      if (original !== undefined) return original({ ...call, backend });
      throw new TypeError(`the WASM backend has no ${name} for these tensors and attributes`);
    };
    // Assigned in place: registering anew would lose the setup that the backend's own kernel has done.
    if (registered === undefined) tf.registerKernel({ kernelName: name, backendName: 'wasm', kernelFunc });
    else registered.kernelFunc = kernelFunc;
  }
}
