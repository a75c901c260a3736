import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { checkRedis } from '../../queue/check-redis.ts';
import { openPatientConnection } from '../../queue/connection.ts';
import { findRedis, type RedisProgram, type RedisServer, startRedis } from '../../queue/provision.ts';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { eventually } from '../support/eventually.ts';

describe('our own Redis', () => {
  const closings: (() => Promise<unknown>)[] = [];
  let program: RedisProgram;
  let folder = '';

  beforeAll(async () => {
    const choice = await findRedis({ log: silentLog });
    if (choice.kind === 'url') throw new TypeError('no address was given');
    program = choice.program;
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fedshell-redis-'));
    closings.push(() => rm(folder, { recursive: true, force: true }));
  });
  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
  });

  async function start(): Promise<RedisServer> {
    const server = await startRedis({ program, folder, log: silentLog });
    closings.push(() => server.stop());
    return server;
  }

  it('has the settings a queue needs', async () => {
    const server = await start();

    const { warnings, version } = await checkRedis(server, silentLog);

    expect(warnings).toEqual([]);
    expect(version).toBe(program.version);
  });

  it('answers nobody without its password, which stands in private files only', async () => {
    const server = await start();

    await expect(checkRedis({ url: server.url }, silentLog)).rejects.toMatchObject({
      code: 'E_REDIS_CONFIGURATION',
    });
    const password = await readFile(server.passwordFile, 'utf8');
    expect(password).toMatch(/^[0-9a-f]{64}$/);
    for (const name of ['password', 'redis.conf']) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
    const processFiles = await Promise.all(
      ['cmdline', 'environ'].map((name) => readFile(`/proc/${server.pid}/${name}`, 'utf8').catch(() => '')),
    );
    expect(processFiles.join()).not.toContain(password);
  });

  it('keeps port, password and every acknowledged write over kill -9', async () => {
    const first = await start();
    const client = openPatientConnection(first, silentLog);
    closings.push(async () => client.disconnect());
    await client.set('{fl}:kept', 'yes');

    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const second = await start();

    expect(second.port).toBe(first.port);
    expect(await client.get('{fl}:kept')).toBe('yes');
  });

  it('tells the caller that Redis has ended', async () => {
    const server = await start();

    process.kill(server.pid, 'SIGKILL');

    expect(await server.exited).toBe(128 + 9);
  });

  it('says so when another program took its port', async () => {
    const server = await start();
    await server.stop();
    const other = createServer();
    other.listen(server.port, '127.0.0.1');
    await once(other, 'listening');
    closings.push(async () => other.close());

    await expect(start()).rejects.toMatchObject({ code: 'E_PORT_IN_USE' });
  });

  it('makes a new password where the writing of the first was cut off', async () => {
    await writeFile(join(folder, 'password'), '');

    const server = await start();

    expect(await readFile(server.passwordFile, 'utf8')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('ends when its parent is killed with -9, and starts again on the same files', async () => {
    const url = (module: string) => JSON.stringify(pathToFileURL(entryPoint(module)).href);
    const code = `
      const { startRedis } = await import(${url('queue/provision')});
      const { silentLog } = await import(${url('runtime/log')});
      const server = await startRedis({
        program: ${JSON.stringify(program)}, folder: ${JSON.stringify(folder)}, log: silentLog,
      });
      process.stdout.write(server.pid + ' ' + server.port + '\\n');
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    const [pid, port] = String(line).split(' ').map(Number);

    parent.kill('SIGKILL');

    await eventually(() => !isAlive(pid ?? 0));
    expect((await start()).port).toBe(port);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
