import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchService } from '../../cli/supervise/launch-service.ts';
import type { SupervisionEvent } from '../../cli/supervise/supervised-process.ts';
import { Supervisor } from '../../cli/supervise/supervisor.ts';
import { eventually } from '../support/eventually.ts';

const SERVICE = join(__dirname, '..', 'support', 'processes', 'small-service.mjs');
const PARENT = join(__dirname, '..', 'support', 'processes', 'supervising-parent.mjs');

const folders: string[] = [];
const supervisors: Supervisor[] = [];

afterAll(async () => {
  await Promise.all(supervisors.map((supervisor) => supervisor.end()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-supervisor-'));
  folders.push(folder);
  return folder;
}

function supervise(folder = newFolder()) {
  const events: SupervisionEvent[] = [];
  const supervisor = new Supervisor({ folder, report: (event) => events.push(event), backOffMs: () => 10 });
  supervisors.push(supervisor);
  return { supervisor, events, folder };
}

const portOf = (url: string | undefined) => Number(new URL(url ?? '').port);

/** A small service that takes its old port after a restart. */
function smallService(folder: string, name: string, settings: object = {}) {
  return launchService({
    name,
    entry: SERVICE,
    folder,
    settings: (previous) => ({
      name,
      port: previous === undefined ? 0 : portOf(previous['api']),
      ...settings,
    }),
  });
}

async function pidServedAt(url: string | undefined): Promise<number> {
  const response = await fetch(url ?? '', { headers: { connection: 'close' } });
  return Number(await response.text());
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the supervisor', () => {
  it('starts a process anew on its old port when it is asked to, without a word', async () => {
    const { supervisor, events, folder } = supervise();
    const supervised = supervisor.add('trainer', 'trainer', smallService(folder, 'trainer'));
    const { api } = await supervised.start();
    const first = await pidServedAt(api);

    await supervised.restart();

    await eventually(async () => {
      const pid = await pidServedAt(api).catch(() => first);
      return pid === first ? undefined : pid;
    });
    expect(events).toEqual([{ kind: 'restarted', name: 'trainer' }]);
  });

  it('starts a process again on its old port when it is killed, and says so', async () => {
    const { supervisor, events, folder } = supervise();
    const { api } = await supervisor
      .add('aggregator', 'aggregator', smallService(folder, 'aggregator'))
      .start();
    const first = await pidServedAt(api);

    process.kill(first, 'SIGKILL');

    const second = await eventually(async () => {
      const pid = await pidServedAt(api);
      return pid === first ? undefined : pid;
    });
    expect(second).not.toBe(first);
    expect(events).toEqual([
      { kind: 'ended', name: 'aggregator', reason: 'signal SIGKILL', againInMs: 10 },
      { kind: 'restarted', name: 'aggregator' },
    ]);
  });

  it('loads a process before its settings are known, and starts it with them', async () => {
    const { supervisor, folder } = supervise();
    const port = new Promise<number>((resolve) => setImmediate(resolve, 0));
    const launch = launchService({
      name: 'trainer',
      entry: SERVICE,
      folder,
      settings: async () => ({ port: await port }),
    });

    const { api } = await supervisor.add('trainer', 'trainer', launch).start();

    expect(await pidServedAt(api)).toBeGreaterThan(0);
  });

  it('ends a process that is still starting, and starts no other one afterwards', async () => {
    const { supervisor, folder } = supervise();
    const launch = launchService({
      name: 'trainer',
      entry: SERVICE,
      folder,
      settings: () => new Promise<object>(() => undefined),
    });
    const process = supervisor.add('trainer', 'trainer', launch);
    const start = expect(process.start()).rejects.toMatchObject({ code: 'E_PROCESS_FAILED' });

    await supervisor.end();

    await start;
    const add = () => supervisor.add('aggregator', 'aggregator', launch);
    expect(add).toThrow(expect.objectContaining({ code: 'E_ABORTED' }));
  });

  it('ends a process that waits for settings that never come', async () => {
    const { supervisor, folder } = supervise();
    const failure = new Error('no Redis');
    const launch = launchService({
      name: 'trainer',
      entry: SERVICE,
      folder,
      settings: () => Promise.reject(failure),
    });

    const start = supervisor.add('trainer', 'trainer', launch).start();

    await expect(start).rejects.toMatchObject({ message: 'no Redis' });
  });

  it('keeps settings and logs of a process to its owner', async () => {
    const { supervisor, folder } = supervise();

    await supervisor.add('aggregator', 'aggregator', smallService(folder, 'aggregator')).start();

    const mode = (file: string) => (statSync(join(folder, file)).mode & 0o777).toString(8);
    expect(mode('supervisor/aggregator.settings.json')).toBe('600');
    expect(mode('logs/aggregator.log')).toBe('600');
  });

  it('fails with the code of a process that cannot start', async () => {
    const { supervisor, folder } = supervise();
    const launch = smallService(folder, 'aggregator', { failWith: 'E_PORT_IN_USE' });

    const start = supervisor.add('aggregator', 'aggregator', launch).start();

    await expect(start).rejects.toMatchObject({ code: 'E_PORT_IN_USE' });
  });

  it('gives a process up that cannot be started again, and fails', async () => {
    const { supervisor, events, folder } = supervise();
    let starts = 0;
    const launch = launchService({
      name: 'aggregator',
      entry: SERVICE,
      folder,
      settings: () => {
        starts += 1;
        return { port: 0, ...(starts === 1 ? {} : { failWith: 'E_DISK_FULL' }) };
      },
    });
    const { api } = await supervisor.add('aggregator', 'aggregator', launch).start();

    process.kill(await pidServedAt(api), 'SIGKILL');

    await expect(supervisor.failure).rejects.toMatchObject({ code: 'E_DISK_FULL' });
    expect(events.at(-1)).toMatchObject({ kind: 'given-up', name: 'aggregator' });
  });

  it('ends the users of a process before the process', async () => {
    const { supervisor, folder } = supervise();
    const journal = join(folder, 'journal');
    await Promise.all(
      (['simulator', 'aggregator', 'trainer'] as const).map((name) =>
        supervisor.add(name, name, smallService(folder, name, { journal })).start(),
      ),
    );

    await supervisor.end();

    expect(readFileSync(journal, 'utf8')).toBe('trainer ended\naggregator ended\nsimulator ended\n');
    expect(existsSync(join(folder, 'supervisor', 'running'))).toBe(false);
  });

  it('is the one owner of its state folder until it has ended', async () => {
    const { supervisor, folder } = supervise();

    const second = () => supervise(folder);

    expect(second).toThrow(expect.objectContaining({ code: 'E_STATE_IN_USE' }));
    await supervisor.end();
    expect(second).not.toThrow();
  });

  it('leaves no process behind when it is killed with -9, and the next one can start', async () => {
    const folder = newFolder();
    const parent = spawn(process.execPath, [PARENT, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(parent.stdout, 'data');
    const pids: number[] = JSON.parse(String(line));
    expect(pids.map(isAlive)).toEqual([true, true]);

    parent.kill('SIGKILL');

    await eventually(() => !pids.some(isAlive), { what: 'the end of the children' });
    const { supervisor } = supervise(folder);
    await supervisor.add('aggregator', 'aggregator', smallService(folder, 'aggregator')).start();
  });
});
