import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultCacheFolder } from '../../queue/cache-folder.ts';
import type { Peer } from './peer.ts';

/** A tool from PyPI: the Python that can run it as a module. */
export type PythonTool = Peer<{ readonly python: string }>;

/**
 * Installs a Python package once into a virtual environment of the cache folder.
 * @param name the package, which is also the module that must be there afterwards
 */
export function findPythonTool(name: string, version: string): PythonTool {
  const folder = join(defaultCacheFolder(), 'python', `${name}-${version}`);
  const python = join(folder, 'bin', 'python3');
  // Written last: a virtual environment holds its own path, so it cannot be made elsewhere and moved.
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return { found: true, python };
  if (spawnSync('python3', ['--version']).status !== 0) {
    return { found: false, reason: 'there is no python3 on the PATH' };
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${name}==${version}`];
  const failure =
    failureOf('python3', ['-m', 'venv', folder]) ??
    failureOf(python, install) ??
    failureOf(python, ['-c', `import ${name}`]);
  if (failure !== undefined) {
    rmSync(folder, { recursive: true, force: true });
    return { found: false, reason: `${name} ${version} could not be installed: ${failure}` };
  }
  writeFileSync(whole, '');
  return { found: true, python };
}

function failureOf(command: string, parameters: readonly string[]): string | undefined {
  const { status, stderr } = spawnSync(command, parameters, { encoding: 'utf8', timeout: 300_000 });
  if (status === 0) return undefined;
  return stderr.trim().split('\n').at(-1) ?? `${command} ended with ${status}`;
}
