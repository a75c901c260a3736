import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '../runtime/log.ts';
import type { RedisProgram } from './find-redis.ts';

interface RedisPackagesOptions {
  readonly cacheFolder: string;
  /** Folders of apt-get and dpkg-deb, as in the variable PATH. */
  readonly path: string;
  readonly log: Log;
  /** Runs an unpacked server to see whether it works here. */
  readonly inspect: (file: string, libraryFolder: string) => Promise<RedisProgram>;
}

/** The server, and those of its libraries that a base system lacks. */
const PACKAGES = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2'];

/** Age from which a temporary folder belongs to a killed process, in milliseconds. */
const ABANDONED_AFTER_MS = 3_600_000;

const run = promisify(execFile);

/**
 * Unpacks Debian's Redis into the cache folder, without root; a folder unpacked before is used again. apt checks the
 * packages' signatures as in any installation.
 * @throws Error if the packages cannot be had or do not run here.
 */
export async function fetchRedisPackages(options: RedisPackagesOptions): Promise<RedisProgram> {
  const target = join(options.cacheFolder, `redis-${systemName()}`);
  if (existsSync(target)) {
    try {
      return await inspectUnpacked(target, options);
    } catch (thrown) {
      options.log.warn({ event: 'redis.cache.broken', folder: target, error: String(thrown) });
      await rm(target, { recursive: true, force: true });
    }
  }
  await mkdir(options.cacheFolder, { recursive: true });
  await removeAbandoned(options.cacheFolder);
  // A folder bears its final name only when it is whole, so a killed start leaves nothing that looks usable.
  const partial = await mkdtemp(join(options.cacheFolder, 'partial-redis-'));
  try {
    options.log.info({ event: 'redis.packages.fetch', packages: PACKAGES }, 'fetching Redis packages');
    const root = join(partial, 'root');
    await unpack(await download(partial, options), root, options);
    await inspectUnpacked(root, options);
    await putInPlace(root, target);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return inspectUnpacked(target, options);
}

/** Downloads with the system's package lists, else with lists of its own. */
async function download(partial: string, options: RedisPackagesOptions): Promise<string[]> {
  const folder = join(partial, 'packages');
  await mkdir(folder);
  try {
    await apt(['download', ...PACKAGES], folder, options);
  } catch (thrown) {
    options.log.info({ event: 'redis.packages.lists', reason: String(thrown) }, 'fetching package lists');
    const own = await ownListsOptions(partial);
    await apt([...own, 'update'], folder, options);
    await apt([...own, 'download', ...PACKAGES], folder, options);
  }
  return (await readdir(folder)).filter((name) => name.endsWith('.deb')).map((name) => join(folder, name));
}

/** apt's options for lists and a cache in a folder that needs no root; sources and keys stay the system's. */
async function ownListsOptions(partial: string): Promise<string[]> {
  const state = join(partial, 'state');
  const cache = join(partial, 'cache');
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const settings = [
    `Dir::State=${state}`,
    `Dir::State::lists=${join(state, 'lists')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${cache}`,
    // Only package names and hashes are needed: 20 MB less to fetch.
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false',
    'Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false',
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}

async function apt(
  parameters: readonly string[],
  folder: string,
  options: RedisPackagesOptions,
): Promise<void> {
  const common = [
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
    // As root, apt would become a user that may not write into a private cache folder.
    'APT::Sandbox::User=root',
    // A list that could not be fetched must be an error here, not a warning.
    'APT::Update::Error-Mode=any',
  ].flatMap((setting) => ['-o', setting]);
  try {
    await run('apt-get', ['-q', ...common, ...parameters], {
      cwd: folder,
      env: { ...process.env, PATH: options.path, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 180_000,
    });
  } catch (thrown) {
    throw new Error(`apt-get could not fetch ${PACKAGES.join(', ')}: ${lastLines(thrown)}`, {
      cause: thrown,
    });
  }
}

async function unpack(files: readonly string[], root: string, options: RedisPackagesOptions): Promise<void> {
  for (const file of files) {
    await run('dpkg-deb', ['-x', file, root], {
      env: { ...process.env, PATH: options.path },
      timeout: 60_000,
    });
  }
}

/** Gives a whole folder its name; if another process was faster, its folder stays. */
async function putInPlace(root: string, target: string): Promise<void> {
  try {
    await rename(root, target);
  } catch (thrown) {
    if (!existsSync(target)) throw thrown;
  }
}

async function inspectUnpacked(root: string, options: RedisPackagesOptions): Promise<RedisProgram> {
  const libraries = join(root, 'usr', 'lib');
  const triplet = (await readdir(libraries)).find((name) => /-linux-gnu/.test(name));
  if (triplet === undefined) throw new Error(`${libraries} has no folder of shared libraries`);
  return options.inspect(join(root, 'usr', 'bin', 'redis-server'), join(libraries, triplet));
}

async function removeAbandoned(cacheFolder: string): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    if (!name.startsWith('partial-redis-')) continue;
    const folder = join(cacheFolder, name);
    const modified = await stat(folder)
      .then(({ mtimeMs }) => mtimeMs)
      .catch(() => Number.POSITIVE_INFINITY);
    if (modified < Date.now() - ABANDONED_AFTER_MS) await rm(folder, { recursive: true, force: true });
  }
}

/** Names the system, since a home folder may be shared by machines whose libraries differ. */
function systemName(): string {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const value = (key: string) => new RegExp(`^${key}="?([A-Za-z0-9._-]+)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${value('ID')}-${value('VERSION_ID')}-${process.arch}`;
}

function lastLines(thrown: unknown): string {
  const stderr = (thrown as { stderr?: unknown } | null)?.stderr;
  const text = typeof stderr === 'string' && stderr.trim() !== '' ? stderr : String(thrown);
  return text.trim().split('\n').slice(-3).join(' ').slice(0, 500);
}
