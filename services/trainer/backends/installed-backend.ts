import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Numerics } from '../../../openapi/schemas.ts';
import { TENSORFLOW_VERSION, TFJS_VERSION, WEBGPU_VERSION } from './versions.ts';
import { nodeMajor } from './wasm-numerics.ts';

/** Under this key the packages that it brings find the tensor library of the process. */
export const LIBRARY_KEY = 'fedshell.tfjs-core';

/** Text of the module that stands for `@tensorflow/tfjs` and `@tensorflow/tfjs-core` beside them. */
export const SHARED_LIBRARY_MODULE = `module.exports = globalThis[Symbol.for('${LIBRARY_KEY}')];\n`;

/** What `setup:tensorflow` can bring; `tensorflow-gpu` computes on a CPU where it finds no GPU. */
export type BackendPackage = 'tensorflow' | 'tensorflow-gpu' | 'webgpu';

/** File that is written last: a folder without it is not whole. */
export const INSTALLED_MARKER = 'installed.json';

/**
 * The folder of a package, named by its versions and this kind of machine, so that an update never meets old files.
 * @param cacheFolder the user's folder for what can be fetched again.
 */
export function backendFolder(kind: BackendPackage, cacheFolder: string): string {
  const version = kind === 'webgpu' ? WEBGPU_VERSION : TENSORFLOW_VERSION;
  return join(
    cacheFolder,
    'backends',
    `${kind}-${version}-tfjs-${TFJS_VERSION}-${process.platform}-${process.arch}`,
  );
}

/** The folder of a package if it has been brought, whole. */
export function installedBackend(kind: BackendPackage, cacheFolder: string): string | undefined {
  const folder = backendFolder(kind, cacheFolder);
  try {
    // Its content was written by the setup; only that it is there and whole JSON counts.
    JSON.parse(readFileSync(join(folder, INSTALLED_MARKER), 'utf8'));
    return folder;
  } catch {
    return undefined;
  }
}

/** What a backend is expected to be; its probe tells what it is. */
export function expectedNumerics(kind: BackendPackage): Numerics {
  const backend = kind === 'webgpu' ? 'webgpu' : 'tensorflow';
  const build = kind === 'webgpu' ? `webgpu ${WEBGPU_VERSION}` : `libtensorflow ${TENSORFLOW_VERSION}`;
  return { backend, build, library: `tfjs ${TFJS_VERSION}`, node: nodeMajor() };
}
