import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { CodedError } from '../../../runtime/errors.ts';
import { shareLibrary } from './share-library.ts';

/** The parts of the WebGPU implementation and its adapters that are used here. */
interface WebGpuModule {
  create(flags: readonly string[]): Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

interface Gpu {
  requestAdapter(options?: object): Promise<Adapter | null>;
}

interface Adapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
}

let gpu: Gpu | undefined;

/**
 * The WebGPU backend: any GPU with a Vulkan, Metal or Direct3D 12 driver.
 * @param softwareToo whether a driver that computes on the CPU will do; it is far slower than the WASM backend.
 * @returns the adapter's name, and whether it is a real GPU.
 * @throws CodedError `E_BACKEND_UNAVAILABLE` without an adapter that will do.
 */
export async function loadWebGpu(
  folder: string,
  softwareToo: boolean,
): Promise<{ device: string; gpu: boolean }> {
  gpu ??= await provideWebGpu(folder);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new CodedError(
      'E_BACKEND_UNAVAILABLE',
      'WebGPU finds no GPU: no Vulkan driver, or one that is too old',
    );
  }
  const { architecture, description, device, vendor } = adapter.info;
  const name = description || [vendor, architecture, device].filter((part) => part !== '').join(' ');
  const software = architecture === 'software';
  if (software && !softwareToo) {
    const message = `WebGPU finds only a software adapter (${name}), slower than the processor itself`;
    throw new CodedError('E_BACKEND_UNAVAILABLE', message);
  }
  if (!(await tf.setBackend('webgpu'))) {
    throw new CodedError('E_BACKEND_UNAVAILABLE', `the WebGPU backend does not start on ${name}`);
  }
  return { device: name, gpu: !software };
}

/** Makes this process look like a browser as far as the backend asks. */
async function provideWebGpu(folder: string): Promise<Gpu> {
  const entry = pathToFileURL(join(folder, 'node_modules', 'webgpu', 'index.js')).href;
  try {
    // An ES module outside of our tree; its types are those above.
    const { create, globals } = (await import(entry)) as WebGpuModule;
    const made = create([]);
    Object.assign(globalThis, globals);
    if (Reflect.get(globalThis, 'self') === undefined) Reflect.set(globalThis, 'self', globalThis);
    const navigator = (Reflect.get(globalThis, 'navigator') as object | undefined) ?? {};
    Object.defineProperty(navigator, 'gpu', { value: made, configurable: true });
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
    shareLibrary();
    createRequire(entry)('@tensorflow/tfjs-backend-webgpu');
    return made;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown);
    throw new CodedError('E_BACKEND_UNAVAILABLE', `WebGPU does not load: ${reason}`, { cause: thrown });
  }
}
