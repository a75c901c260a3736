import type { Numerics } from '../../../openapi/schemas.ts';
import { TFJS_VERSION } from './versions.ts';
import { KERNEL_BUILD } from './wasm/kernel-build.ts';

/** Instructions that our WASM kernels are built for; relaxed SIMD has a fused multiply-add and Node 22 or newer runs it. */
export type WasmBuild = 'simd' | 'relaxed-simd';

/** What the WASM backend with a build of our kernels computes with. */
export function wasmNumerics(build: WasmBuild): Numerics {
  return {
    backend: 'wasm',
    build: `${build} ${KERNEL_BUILD}`,
    library: `tfjs ${TFJS_VERSION}`,
    node: nodeMajor(),
  };
}

/** The build that numerics of the WASM backend name, if it is one of ours of this version. */
export function wasmBuildOf(numerics: Numerics): WasmBuild | undefined {
  return (['simd', 'relaxed-simd'] as const).find((build) => wasmNumerics(build).build === numerics.build);
}

/** Major version of this Node.js: `Math.pow` and `Math.exp` differ between some of them in their last bits. */
export function nodeMajor(): number {
  return Number(process.versions.node.split('.')[0]);
}
