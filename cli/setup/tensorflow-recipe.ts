import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { printLine } from '../terminal/output.ts';
import { buildBinding } from './build-binding.ts';
import {
  CPU_WHEEL,
  CUDA_WHEELS,
  GOOGLE_PROTOBUF,
  GPU_WHEEL,
  NODE_API_HEADERS,
  packedName,
  TFJS_NODE_GPU,
} from './pinned-packages.ts';
import type { FillTools, SetupRecipe } from './set-up.ts';
import { fetchPackage, fetchWheel, requireFiles, type SetupSource } from './setup-source.ts';
import { requireTools } from './setup-tools.ts';
import { unpackPackage } from './unpack-package.ts';
import { unpackWheel } from './wheel.ts';

const PACKAGES = [TFJS_NODE_GPU, GOOGLE_PROTOBUF, NODE_API_HEADERS];

/** Headers that the binding includes, and those that they include: 14 of 13,000. */
const HEADERS =
  /^tensorflow\/include\/(tensorflow\/c\/|tensorflow\/core\/platform\/ctstring|tsl\/platform\/ctstring|xla\/tsl\/c\/)/;
const LIBRARIES = /^tensorflow\/libtensorflow_(cc|framework)\.so/;
/** Of a CUDA wheel: libraries, the assembler and the device code that kernels are compiled with at run time. */
const CUDA_FILES = /^nvidia\/[^/]+\/(lib|bin|nvvm)\//;

/**
 * tfjs-node-gpu on the libtensorflow of the official wheel.
 * @param gpu whether the wheel for NVIDIA GPUs with the CUDA 12 libraries; only the driver is then needed on the host.
 */
export function tensorflowRecipe(gpu: boolean, source: SetupSource): SetupRecipe {
  const wheel = gpu ? GPU_WHEEL : CPU_WHEEL;
  return {
    kind: gpu ? 'tensorflow-gpu' : 'tensorflow',
    downloadBytes: gpu ? 3.3e9 : 0.28e9,
    peakBytes: gpu ? 9.5e9 : 1.2e9,
    keptBytes: gpu ? 6.2e9 : 0.87e9,
    check: async (signal) => {
      if (process.platform !== 'linux' || process.arch !== 'x64') {
        const message = `libtensorflow is set up on Linux x64, this is ${process.platform} ${process.arch}; try --webgpu`;
        throw new CodedError('E_SETUP_FAILED', message);
      }
      const cudaFiles = gpu ? CUDA_WHEELS.map(({ file }) => file) : [];
      requireFiles(source, [wheel.file, ...cudaFiles, ...PACKAGES.map(packedName)]);
      await requireTools({ source, compiles: true, glibc: '2.27', signal });
    },
    fill: async (folder, tools) => {
      const { downloads, signal } = tools;
      const into = { into: folder, signal };
      const fetching = { source: tools.source, folder: downloads, signal };
      printLine(`fetching  ${wheel.name} ${wheel.version}`);
      const wheelFile = await fetchWheel(wheel, fetching);
      const unpacked = new Map<string, string>();
      for (const pinned of PACKAGES) {
        const packed = await fetchPackage(pinned, fetching);
        unpacked.set(pinned.name, await unpackPackage(packed, pinned.name, into));
      }
      printLine('unpacking libtensorflow');
      await unpackWheel(wheelFile, (name) => HEADERS.test(name) || LIBRARIES.test(name), into);
      if (gpu) await addCuda(folder, tools);
      printLine('compiling the binding');
      const nodeHeaders = join(unpacked.get(NODE_API_HEADERS.name)!, 'include');
      await buildBinding({ backend: unpacked.get(TFJS_NODE_GPU.name)!, nodeHeaders, root: folder }, signal);
      await rm(join(folder, 'tensorflow', 'include'), { recursive: true });
      await rm(unpacked.get(NODE_API_HEADERS.name)!, { recursive: true });
      await writeSharedLibrary(folder, tools);
    },
  };
}

/** Unpacks the CUDA libraries beside `tensorflow/`, where libtensorflow looks for them. */
async function addCuda(folder: string, { source, downloads, signal }: FillTools): Promise<void> {
  for (const wheel of CUDA_WHEELS) {
    printLine(`fetching  ${wheel.name} ${wheel.version}`);
    const file = await fetchWheel(wheel, { source, folder: downloads, signal });
    await unpackWheel(file, (name) => CUDA_FILES.test(name), { into: folder, signal });
    if (source.kind === 'registries') await rm(file);
  }
}

/** Lets the packages find the tensor library of the process that loads them, in place of copies of their own. */
export async function writeSharedLibrary(folder: string, { door }: FillTools): Promise<void> {
  for (const name of ['@tensorflow/tfjs', '@tensorflow/tfjs-core']) {
    const place = join(folder, 'node_modules', name);
    await mkdir(place, { recursive: true });
    const manifest = { name, version: door.TFJS_VERSION, main: 'index.js' };
    await writeFile(join(place, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(place, 'index.js'), door.SHARED_LIBRARY_MODULE);
  }
}
