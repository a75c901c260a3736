import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError } from './errors.ts';

/** The folder of FedShell's package.json, from the sources as well as from dist/. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new CodedError('E_NOT_BUILT', 'package.json of fedshell not found above its code');
    folder = parent;
  }
  return folder;
}

/**
 * The compiled file of a module that is started as a process.
 * @param module its path without extension from the package's root, such as `services/trainer/main`.
 * @throws CodedError `E_NOT_BUILT` if it has not been compiled.
 */
export function entryPoint(module: string): string {
  const file = join(packageRoot(), 'dist', `${module}.js`);
  if (!existsSync(file)) throw new CodedError('E_NOT_BUILT', `${file} does not exist; run "npm run build"`);
  return file;
}

/** FedShell's version. */
export function packageVersion(): string {
  // Our own package.json has a version.
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
