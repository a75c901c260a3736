import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defaultCacheFolder, describeRedis, findRedis } from '../../queue/provision.ts';
import { silentLog } from '../../runtime/log.ts';

/** Whether this machine can unpack Debian packages; where it cannot, those tests are absent by name. */
const hasApt = existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-deb');

describe('finding a Redis', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fedshell-find-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Makes a program in a folder that is a PATH of its own. */
  async function program(name: string, script: string): Promise<string> {
    const path = join(folder, 'bin');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(path, name), 0o755);
    return path;
  }

  it('takes the given address before everything else', async () => {
    const path = await program('redis-server', 'echo "Redis server v=7.2.4 sha=0"');

    const choice = await findRedis({ url: 'redis://:secret@plant:6379', path, log: silentLog });

    expect(choice).toEqual({ kind: 'url', url: 'redis://:secret@plant:6379' });
    expect(describeRedis(choice)).toBe('Redis at plant:6379');
  });

  it('takes redis-server from PATH', async () => {
    const path = await program('redis-server', 'echo "Redis server v=7.2.4 sha=0"');

    const choice = await findRedis({ path: `/nowhere:${path}`, log: silentLog });

    expect(choice).toEqual({
      kind: 'path',
      program: { file: join(path, 'redis-server'), version: '7.2.4' },
    });
    expect(describeRedis(choice)).toBe(`Redis 7.2.4 from ${join(path, 'redis-server')}`);
  });

  it('takes valkey-server where there is no redis-server', async () => {
    const path = await program('valkey-server', 'echo "Valkey server v=8.1.1 sha=0"');

    expect(await findRedis({ path, log: silentLog })).toMatchObject({
      kind: 'path',
      program: { version: '8.1.1' },
    });
  });

  it.each([
    ['is too old', 'echo "Redis server v=5.0.3 sha=0"', /5\.0\.3, at least 6\.2/],
    ['does not run', 'exit 1', /redis-server/],
  ])('does not take a redis-server that %s', async (_what, script, reason) => {
    const path = await program('redis-server', script);

    await expect(findRedis({ path, log: silentLog })).rejects.toMatchObject({
      code: 'E_NO_REDIS',
      message: expect.stringMatching(reason),
    });
  });

  it('says what to install on each system where there is none', async () => {
    const error = await findRedis({ path: '/nowhere', log: silentLog }).catch((thrown) => thrown);

    expect(error).toMatchObject({ code: 'E_NO_REDIS' });
    for (const hint of [
      'apt-get install redis-server',
      'dnf install',
      'brew install redis',
      'WSL',
      'REDIS_URL',
    ]) {
      expect(error.message).toContain(hint);
    }
  });

  it('keeps nothing of packages that could not be fetched', async () => {
    const path = await program('apt-get', 'echo "E: no network" >&2; exit 100');
    await symlink('/bin/true', join(path, 'dpkg-deb'));
    const cacheFolder = join(folder, 'cache');

    const found = findRedis({ path, cacheFolder, log: silentLog });

    await expect(found).rejects.toMatchObject({
      code: 'E_NO_REDIS',
      message: expect.stringContaining('E: no network'),
    });
    expect(await readdir(cacheFolder)).toEqual([]);
  });

  (hasApt ? describe : describe.skip)('with the packages of the distribution (needs apt-get)', () => {
    /** PATH without the system's own Redis, if it has one. */
    async function pathWithoutRedis(): Promise<string> {
      const path = join(folder, 'bin');
      await mkdir(path);
      await Promise.all(
        ['apt-get', 'dpkg-deb', 'dpkg', 'sh', 'tar', 'xz', 'zstd'].map(async (name) => {
          const file = ['/usr/bin', '/bin'].map((place) => join(place, name)).find(existsSync);
          if (file !== undefined) await symlink(file, join(path, name));
        }),
      );
      return path;
    }

    it('unpacks them once, without a half-done folder in between', async () => {
      const path = await pathWithoutRedis();
      const cacheFolder = join(folder, 'cache');

      const [first, second] = await Promise.all([
        findRedis({ path, cacheFolder, log: silentLog }),
        findRedis({ path, cacheFolder, log: silentLog }),
      ]);
      await rm(join(path, 'apt-get'));
      await program('apt-get', 'exit 100');
      const third = await findRedis({ path, cacheFolder, log: silentLog });

      expect(first.kind).toBe('packages');
      expect([second, third]).toEqual([first, first]);
      expect(await readdir(cacheFolder)).toHaveLength(1);
    });

    it('fetches them again where the cached folder is broken', async () => {
      const path = await pathWithoutRedis();
      const cacheFolder = join(folder, 'cache');
      const first = await findRedis({ path, cacheFolder, log: silentLog });
      if (first.kind !== 'packages') throw new TypeError('packages were expected');
      await rm(dirname(first.program.file), { recursive: true });

      expect(await findRedis({ path, cacheFolder, log: silentLog })).toEqual(first);
    });
  });

  it('keeps its cache where the user wants caches', () => {
    expect(defaultCacheFolder({ XDG_CACHE_HOME: '/caches' })).toBe('/caches/fedshell');
    expect(defaultCacheFolder({ XDG_CACHE_HOME: 'relative' })).toMatch(/\.cache\/fedshell$/);
    expect(defaultCacheFolder({})).toMatch(/\.cache\/fedshell$/);
  });
});
