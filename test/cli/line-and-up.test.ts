import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { TrainerFile } from '../../openapi/schemas.ts';
import { eventually } from '../support/eventually.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { FEDSHELL, runFedshell } from '../support/run-fedshell.ts';
import { StartedFedshell } from '../support/started-fedshell.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-line-'));
const upState = join(folder, 'up');
const started: StartedFedshell[] = [];

afterAll(async () => {
  for (const one of started.reverse()) await one.end();
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: readonly string[]): StartedFedshell {
  const process = new StartedFedshell(args);
  started.push(process);
  return process;
}

const portOf = (endpoint: string) => Number(new URL(endpoint.replace('opc.tcp:', 'http:')).port);

/** Listens on a port of 127.0.0.1, as another program would. */
async function take(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

const free = (server: Server) => new Promise((resolve) => server.close(resolve));

describe('a simulated line', () => {
  interface LineAnswer {
    readonly endpoint: string;
    readonly participants: readonly string[];
  }
  const line = (pool: string, ...options: readonly string[]) => [
    ...['simulate', '--json', '--machines', '1', '--pool', pool],
    ...['--state', join(folder, pool), '--up-state', upState, ...options],
  ];

  it('comes back at its port, and says so if another program has it', async () => {
    const first = start(...line('kept'));
    const { endpoint } = await first.answer<LineAnswer>();
    await first.end();

    const second = start(...line('kept'));
    expect((await second.answer<LineAnswer>()).endpoint).toBe(endpoint);
    await second.end();

    const other = await take(portOf(endpoint));
    const third = await runFedshell(line('kept'));
    await free(other);
    expect(third.exitCode).toBe(1);
    expect(JSON.parse(third.stderr)).toMatchObject({
      code: 'E_PORT_IN_USE',
      message: expect.stringContaining(String(portOf(endpoint))),
    });
  });

  it('writes a complete trainer file for a plant, with participants that no other pool has', async () => {
    const up = start('up', '--json', '--port', '0', '--aas-port', '0', '--state', upState);
    const { api, queue } = await up.answer<{ api: string; queue: { url: string; passwordFile: string } }>();
    const fileOf = (pool: string) => join(folder, `${pool}.yaml`);
    const lines = ['hall-1', 'hall-2'].map((pool) => start(...line(pool, '--write-trainer', fileOf(pool))));

    const answers = await Promise.all(lines.map((one) => one.answer<LineAnswer>()));

    expect(answers.map(({ participants }) => participants)).toEqual([
      ['hall-1-machine-1'],
      ['hall-2-machine-1'],
    ]);
    const trainer = parse(readFileSync(fileOf('hall-2'), 'utf8')) as TrainerFile;
    expect(trainer).toMatchObject({
      aggregator: api,
      token: { file: 'join.token' },
      queue: { redis: queue.url, passwordFile: queue.passwordFile },
      pool: { id: 'hall-2' },
      participants: [{ id: 'hall-2-machine-1' }],
    });
  });
});

describe('fedshell up', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startTestRedis();
  });

  afterAll(() => redis.stop());

  it('names the port and the option where another program has the one of API or AAS', async () => {
    const other = await take(0);
    // A server that listens on a port has an address of this kind.
    const { port } = other.address() as AddressInfo;
    for (const [option, otherOption] of [
      ['--port', '--aas-port'],
      ['--aas-port', '--port'],
    ] as const) {
      const state = join(folder, `taken${option}`);
      const { exitCode, stderr } = await runFedshell([
        'up',
        option,
        String(port),
        otherOption,
        '0',
        '--state',
        state,
      ]);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(
        new RegExp(`^E_PORT_IN_USE: port ${port}, .*taken.*; ${option} chooses another`),
      );
    }
    await free(other);
  });

  it('says that Redis does not answer, and that it answers again, and keeps its password out of plant.json', async () => {
    const password = readFileSync(redis.connection.passwordFile ?? '', 'utf8').trim();
    await redis.kill9();
    const REDIS_URL = `redis://:${password}@127.0.0.1:${redis.port}`;
    const state = join(folder, 'no-redis');
    const args = [FEDSHELL, 'up', '--port', '0', '--aas-port', '0', '--state', state];
    const up = spawn(process.execPath, args, { env: { ...process.env, REDIS_URL } });
    let text = '';
    for (const stream of [up.stdout, up.stderr]) {
      stream.on('data', (chunk) => {
        text += String(chunk);
      });
    }

    await eventually(() => text.includes('not ready: Redis is unreachable; it is tried again'), {
      what: 'the word that Redis is away',
      timeoutMs: 60_000,
    });
    await redis.restart();
    await eventually(() => text.includes('ready: rounds can run'), {
      what: 'the word that Redis is back',
      timeoutMs: 60_000,
    });

    up.kill('SIGTERM');
    await once(up, 'exit');
    expect(text).not.toContain(password);
    expect(readFileSync(join(state, 'plant.json'), 'utf8')).not.toContain(password);
  });

  it('prints and publishes the external URLs where it listens for others', async () => {
    writeFileSync(join(folder, 'api.token'), 'a-token-of-enough-characters');
    const up = start(
      ...['up', '--json', '--port', '0', '--aas-port', '0', '--state', join(folder, 'others')],
      ...['--host', '0.0.0.0', '--api-token-file', join(folder, 'api.token')],
      ...['--external-url', 'https://plant.example/', '--aas-external-url', 'https://aas.plant.example'],
    );
    const answer = await up.answer<object>();
    expect(answer).toMatchObject({ api: 'https://plant.example', aas: 'https://aas.plant.example' });
    expect(up.stdout).not.toContain('0.0.0.0');
  });
});
