import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CodedError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { defaultCacheFolder } from './cache-folder.ts';
import { fetchRedisPackages } from './redis-packages.ts';

/** A Redis server program on this machine. */
export interface RedisProgram {
  /** Path of the program. */
  readonly file: string;
  /** Folder of the shared libraries it needs besides the system's. */
  readonly libraryFolder?: string;
  readonly version: string;
}

/** The Redis that was chosen: a running one, a program on PATH, or one unpacked from the distribution's packages. */
export type RedisChoice =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'path'; readonly program: RedisProgram }
  | { readonly kind: 'packages'; readonly program: RedisProgram };

interface FindRedisOptions {
  /** Address of a running Redis, the value of `REDIS_URL`; it wins over everything else. */
  readonly url?: string;
  /** Folders to look for programs, as in the variable PATH. @defaultValue the process's PATH */
  readonly path?: string;
  /** Folder that keeps unpacked packages between starts. @defaultValue `defaultCacheFolder()` */
  readonly cacheFolder?: string;
  readonly log: Log;
}

/** The oldest server that BullMQ supports without a warning. */
const OLDEST_VERSION = [6, 2] as const;

/** Programs that speak the protocol and pass the contract test, the first that is there wins. */
const PROGRAMS = ['redis-server', 'valkey-server'];

const run = promisify(execFile);

/**
 * Finds a Redis: the given address, else a server on PATH, else Debian's packages unpacked into the cache folder, which
 * needs no root.
 * @throws CodedError `E_NO_REDIS` that says what to install.
 */
export async function findRedis(options: FindRedisOptions): Promise<RedisChoice> {
  if (options.url !== undefined) return { kind: 'url', url: options.url };
  const path = options.path ?? process.env['PATH'] ?? '';
  const reasons: string[] = [];
  for (const name of PROGRAMS) {
    const file = findProgram(name, path);
    if (file === undefined) continue;
    try {
      return { kind: 'path', program: await inspect(file) };
    } catch (thrown) {
      reasons.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  if (findProgram('apt-get', path) !== undefined && findProgram('dpkg-deb', path) !== undefined) {
    try {
      const program = await fetchRedisPackages({
        cacheFolder: options.cacheFolder ?? defaultCacheFolder(),
        path,
        log: options.log,
        inspect,
      });
      return { kind: 'packages', program };
    } catch (thrown) {
      reasons.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  throw noRedis(reasons);
}

/** One sentence that says which Redis was chosen, without its password. */
export function describeRedis(choice: RedisChoice): string {
  switch (choice.kind) {
    case 'url':
      return `Redis at ${URL.canParse(choice.url) ? new URL(choice.url).host : 'the given address'}`;
    case 'path':
      return `Redis ${choice.program.version} from ${choice.program.file}`;
    case 'packages':
      return `Redis ${choice.program.version} from the distribution's packages, unpacked at ${choice.program.file}`;
  }
}

/** The environment of a Redis program: nothing but what it needs, since ours may hold secrets. */
export function environmentOf({ libraryFolder }: Pick<RedisProgram, 'libraryFolder'>): NodeJS.ProcessEnv {
  const path = { PATH: process.env['PATH'] ?? '' };
  return libraryFolder === undefined ? path : { ...path, LD_LIBRARY_PATH: libraryFolder };
}

/** Runs a program to learn its version. @throws Error if it does not run or is too old. */
async function inspect(file: string, libraryFolder?: string): Promise<RedisProgram> {
  const place = libraryFolder === undefined ? { file } : { file, libraryFolder };
  const { stdout } = await run(file, ['--version'], { env: environmentOf(place), timeout: 10_000 });
  const [, major, minor, patch] = /v=(\d+)\.(\d+)\.(\d+)/.exec(stdout) ?? [];
  if (major === undefined) throw new Error(`${file} does not tell its version`);
  const version = `${major}.${minor}.${patch}`;
  const [oldestMajor, oldestMinor] = OLDEST_VERSION;
  if (Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor)) {
    throw new Error(`${file} is version ${version}, at least ${OLDEST_VERSION.join('.')} is needed`);
  }
  return { ...place, version };
}

function findProgram(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

function noRedis(reasons: readonly string[]): CodedError {
  const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
  return new CodedError(
    'E_NO_REDIS',
    `no Redis server found${why}. Install one: ` +
      'Debian and Ubuntu "sudo apt-get install redis-server"; ' +
      'Fedora "sudo dnf install valkey" (older: "redis"); ' +
      'macOS "brew install redis"; ' +
      'Windows: inside WSL, as for Ubuntu. Or set REDIS_URL to a running one, such as redis://host:6379.',
  );
}
