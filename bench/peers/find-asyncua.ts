import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.ts';
import { failureOf } from './failure-of.ts';
import type { FoundPeer } from './found-peer.ts';
import { peersFolder } from './peers-folder.ts';

const VERSION = '2.0.1';

/** Our server on asyncua, which pip installs once into a virtual environment of the cache folder. */
export function findAsyncua(): FoundPeer {
  const folder = join(peersFolder(), `asyncua-${VERSION}`);
  const python = join(folder, 'bin', 'python3');
  const server = join(packageRoot(), 'bench', 'peers', 'asyncua-server.py');
  const found: FoundPeer = { found: true, program: { command: python, parameters: [server] } };
  // Written last: a virtual environment holds its own path, so it cannot be made elsewhere and moved.
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return found;
  if (spawnSync('python3', ['--version']).status !== 0) {
    return { found: false, reason: 'there is no python3 on the PATH' };
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `asyncua==${VERSION}`];
  const failure = failureOf('python3', ['-m', 'venv', folder]) ?? failureOf(python, install);
  if (failure !== undefined) {
    rmSync(folder, { recursive: true, force: true });
    return { found: false, reason: `asyncua ${VERSION} could not be installed: ${failure}` };
  }
  writeFileSync(whole, '');
  return found;
}
