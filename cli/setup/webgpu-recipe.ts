import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { printLine } from '../terminal/output.ts';
import { packedName, TFJS_BACKEND_WEBGPU, WEBGPU } from './pinned-packages.ts';
import type { SetupRecipe } from './set-up.ts';
import { fetchPackage, requireFiles, type SetupSource } from './setup-source.ts';
import { requireTools } from './setup-tools.ts';
import { writeSharedLibrary } from './tensorflow-recipe.ts';
import { unpackPackage } from './unpack-package.ts';

/** tfjs-backend-webgpu on Dawn: any GPU with a Vulkan, Metal or Direct3D 12 driver. */
export function webGpuRecipe(source: SetupSource): SetupRecipe {
  return {
    kind: 'webgpu',
    downloadBytes: 0.06e9,
    peakBytes: 0.25e9,
    keptBytes: 0.06e9,
    check: async (signal) => {
      requireFiles(source, [WEBGPU, TFJS_BACKEND_WEBGPU].map(packedName));
      await requireTools({ source, compiles: false, glibc: '2.34', signal });
    },
    fill: async (folder, tools) => {
      const { downloads, signal } = tools;
      for (const pinned of [WEBGPU, TFJS_BACKEND_WEBGPU]) {
        printLine(`fetching  ${pinned.name} ${pinned.version}`);
        const packed = await fetchPackage(pinned, { source: tools.source, folder: downloads, signal });
        await unpackPackage(packed, pinned.name, { into: folder, signal });
      }
      await removeOtherPlatforms(join(folder, 'node_modules', WEBGPU.name, 'dist'));
      await writeSharedLibrary(folder, tools);
    },
  };
}

/** The package brings libraries for five kinds of machine. */
async function removeOtherPlatforms(folder: string): Promise<void> {
  const own = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
  for (const name of await readdir(folder)) {
    if (name !== own) await rm(join(folder, name), { recursive: true });
  }
}
