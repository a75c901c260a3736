import type { DataType, KernelBackend, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../models/model.ts';
import type { WasmBuild } from '../wasm-numerics.ts';
import type { KernelModule } from './kernel-module.ts';
import type { ModuleMemory } from './web-assembly.ts';

/** What we use of the backend's class; its own types name files that are not in its package. */
export interface WasmBackend extends KernelBackend {
  readonly wasm: {
    readonly asm?: { readonly memory: ModuleMemory };
    readonly wasmMemory?: ModuleMemory;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  incRef(dataId: object): void;
}

/** Our kernels beside the backend whose memory they work on. */
export interface KernelHost {
  readonly kernels: KernelModule;
  readonly build: WasmBuild;
  readonly backend: WasmBackend;
  /** Where the numbers of a tensor of this backend begin. */
  addressOf(tensor: TensorInfo): number;
  /**
   * Working memory for one call, aligned to 16 bytes; the next call gets the same, which only grows. Asked for once a
   * call: asking for more may move it.
   */
  workspace(bytes: number): number;
  /** Address of at least `count` zeros, of which nothing may be written. */
  zeros(count: number): number;
  /** A new tensor whose numbers are not set yet. */
  newTensor(shape: readonly number[]): Tensor;
}

let current: KernelHost | undefined;

/** Our kernels, when the library computes with them now; undefined on another backend. */
export function kernelHost(tf: TensorFlow): KernelHost | undefined {
  return current !== undefined && tf.backend() === current.backend ? current : undefined;
}

/** Makes a host of a backend and what was loaded on its memory; there is one a process. */
export function setKernelHost(
  tf: TensorFlow,
  backend: WasmBackend,
  kernels: KernelModule,
  build: WasmBuild,
): KernelHost {
  const work = block(backend);
  const nothing = block(backend);
  current = {
    kernels,
    build,
    backend,
    addressOf: ({ dataId }) => backend.dataIdMap.get(dataId).memoryOffset,
    workspace: (bytes) => work(bytes).address,
    zeros: (count) => {
      const { address, fresh, size } = nothing(count * 4 + 32);
      if (fresh) kernels.clear(address, size);
      return address;
    },
    newTensor: (shape) => {
      const engine = tf.engine();
      return engine.makeTensorFromTensorInfo(backend.makeOutput([...shape], 'float32'), backend);
    },
  };
  return current;
}

/** A block of the backend's memory that grows by being replaced. */
function block({ wasm }: WasmBackend): (bytes: number) => { address: number; fresh: boolean; size: number } {
  let allocated = 0;
  let size = 0;
  return (bytes) => {
    const fresh = bytes > size;
    if (fresh) {
      if (allocated !== 0) wasm._free(allocated);
      // There is none until the new one is there: the allocation may be refused.
      [allocated, size] = [0, 0];
      const wanted = Math.ceil(bytes * 1.25);
      // Some more for reads of whole vectors at the end.
      allocated = wasm._malloc(wanted + 64);
      size = wanted;
    }
    return { address: (allocated + 15) & ~15, fresh, size };
  };
}
