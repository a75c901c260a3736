import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultCacheFolder } from '../../queue/cache-folder.ts';
import { note } from '../support/figure.ts';

/**
 * Another Node.js than this one: the npm package `node` of that major version, fetched once into the cache.
 * @param major for example 22
 */
export async function findNode(major: number): Promise<string> {
  const folder = join(defaultCacheFolder(), `node-${major}`);
  const program = join(folder, 'node_modules/node/bin/node');
  if (existsSync(program)) return program;
  note(`training: fetching Node.js ${major} into ${folder}`);
  await mkdir(folder, { recursive: true });
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // Its install script puts the program of this platform in its place.
  await promisify(execFile)(npm, [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--no-audit',
    '--no-fund',
    `node@${major}`,
  ]);
  return program;
}
