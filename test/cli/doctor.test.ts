import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFedshell } from '../support/run-fedshell.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-doctor-'));
let taken: Server;

beforeAll(async () => {
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  taken.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly name: string;
    readonly status: string;
    readonly found: string;
    readonly remedy?: string;
  }[];
}

describe('fedshell doctor', () => {
  it('says what is there, as JSON, and starts or leaves nothing', async () => {
    const state = join(folder, 'state');
    const { exitCode, stdout, stderr } = await runFedshell([
      'doctor',
      '--json',
      '--port',
      '0',
      '--state',
      state,
    ]);
    const answer: Answer = JSON.parse(stdout);
    const names = answer.findings.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'Node.js',
        'machine',
        'services',
        'console',
        'Redis',
        'tensor backend',
        'disk',
      ]),
    );
    const backends = answer.findings.filter(({ name }) => name === 'tensor backend');
    const [backend, ...others] = backends.filter(({ found }) => found.startsWith('chosen: '));
    expect(others).toEqual([]);
    expect(backend?.found).toMatch(/; [\d.]+ training steps a second of a small network, \d+ MiB$/);
    expect({ exitCode, stderr, ok: answer.ok }).toEqual({ exitCode: 0, stderr: '', ok: true });
  });

  it('says how to get what is missing, and exits 1', async () => {
    const { exitCode, stdout, stderr } = await runFedshell(['doctor', '--json'], {
      PATH: folder,
      REDIS_URL: '',
    });
    const answer: Answer = JSON.parse(stdout);
    const redis = answer.findings.find(({ name }) => name === 'Redis');
    expect(redis).toMatchObject({ status: 'missing', remedy: expect.stringContaining('install') });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'E_NO_REDIS',
      message: expect.stringMatching(/^needed and missing: Redis \(install/),
    });
  });

  it('sees a Redis that does not answer and a port that is taken', async () => {
    const { port } = taken.address() as AddressInfo;
    const { exitCode, stdout, stderr } = await runFedshell(['doctor', '--json', '--port', String(port)], {
      REDIS_URL: 'redis://127.0.0.1:9',
    });
    const answer: Answer = JSON.parse(stdout);
    const status = (name: string) => answer.findings.find((finding) => finding.name === name)?.status;
    expect(exitCode).toBe(1);
    expect(status('Redis')).toBe('missing');
    expect(JSON.parse(stderr).code).toBe('E_REDIS_UNREACHABLE');
    expect(status('port of API and console')).toBe('note');
  });
});
