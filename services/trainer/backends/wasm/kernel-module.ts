import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../../runtime/package-root.ts';
import type { WasmBuild } from '../wasm-numerics.ts';
import { type ModuleMemory, webAssembly } from './web-assembly.ts';

/** A function of our module; addresses and steps are bytes, sizes are numbers. The parameters stand in assembly/. */
type Kernel = (...parameters: number[]) => number;

const KERNELS = [
  'adamStep',
  'addColumnSums',
  'addDepthwiseFilterGradient',
  'addDepthwiseInputGradient',
  'addFilterGradient',
  'addSegments',
  'channelMoments',
  'channelSlopeSums',
  'channelSlopes',
  'clear',
  'convolveImage',
  'copyBytes',
  'crossEntropy',
  'frameImage',
  'groupNorm',
  'groupNormGradient',
  'maxPoolGradientImage',
  'maxPoolImage',
  'multiply',
  'packPanels',
  'packStrips',
  'packTurnedFilter',
  'reluGradient',
  'rowSums',
  'scale',
  'scaleAndShift',
  'sgdStep',
  'spreadRow',
  'squaredError',
  'unframeImage',
] as const;

/** Our module's functions, on the memory of the tensor backend. */
export type KernelModule = Readonly<Record<(typeof KERNELS)[number], Kernel>>;

/**
 * Our kernels of a build on a memory.
 * @returns undefined where this engine does not know the build's instructions.
 */
export async function loadKernelModule(
  build: WasmBuild,
  memory: ModuleMemory,
): Promise<KernelModule | undefined> {
  const file = join(packageRoot(), 'dist/services/trainer/backends/wasm', `${build}.wasm`);
  const bytes = await readFile(file);
  if (!webAssembly.validate(bytes)) return undefined;
  const { instance } = await webAssembly.instantiate(bytes, { env: { memory } });
  const missing = KERNELS.filter((name) => typeof instance.exports[name] !== 'function');
  if (missing.length > 0) throw new TypeError(`${file} lacks ${missing.join(', ')}`);
  // Checked just now; the parameters are the compiler's business.
  return instance.exports as KernelModule;
}
