import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { Shutdown } from '../../runtime/shutdown.ts';
import { parseFault } from '../../simulator/faults/fault.ts';
import { start } from '../../simulator/main.ts';
import { readTruthLog, type Truth } from '../../simulator/truth-log.ts';
import { eventually } from '../support/eventually.ts';
import { type LineClient, openLineClient } from './line-client.ts';

interface Answer {
  readonly status: number;
  /** What the tests look at, of a fault, of the line and of a list of faults. */
  readonly body: { id: number; pid: number; code: string; endedAtMs?: number };
}

const MACHINES = ['machine-1', 'machine-2'];

describe('parseFault', () => {
  it('takes every kind with its fields', () => {
    const requests = [
      { kind: 'kill', durationMs: 0 },
      { kind: 'clock-skew', offsetMs: -5, machine: 'machine-2' },
      { kind: 'bad-quality', quality: 'uncertain', durationMs: 10 },
      { kind: 'drift', gainPerMinute: 0.5 },
    ];

    expect(requests.map((request) => parseFault(request, MACHINES))).toEqual(requests);
  });

  it.each([
    [{ kind: 'warp' }, ['/kind']],
    [{ kind: 'cut' }, ['/durationMs']],
    [{ kind: 'cut', durationMs: 1, machine: 'machine-1' }, ['/machine']],
    [{ kind: 'clock-skew', offsetMs: '5', machine: 'machine-9' }, ['/machine', '/offsetMs']],
    [[], ['/kind']],
    ['cut', ['/kind']],
  ])('refuses %j with all that is wrong with it', (request, paths) => {
    const refuse = () => parseFault(request, MACHINES);

    expect(refuse).toThrow(CodedError);
    try {
      refuse();
    } catch (thrown) {
      expect((thrown as CodedError).faults.map(({ path }) => path)).toEqual(paths);
    }
  });
});

describe('a line that works by the clock, behind the fault API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-faults-'));
  const truthFile = join(folder, 'truth');
  const shutdown = new Shutdown(silentLog);
  let addresses: Readonly<Record<string, string>>;

  beforeAll(async () => {
    addresses = await start(
      {
        port: 0,
        faultPort: 0,
        machines: { machines: 2, seed: 1, live: {} },
        stateFolder: join(folder, 'line'),
        pkiFolder: join(folder, 'pki'),
        truthFile,
      },
      { log: silentLog, shutdown },
    );
  });

  afterAll(async () => {
    await shutdown.run();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${addresses['faults']}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    // Written by our own API; each test looks at what its question is answered with.
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  /** The fault that was asked for last. */
  async function lastFault(): Promise<Answer['body'] | undefined> {
    const { body } = await ask('GET', '/faults');
    return (body as unknown as Answer['body'][]).at(-1);
  }

  const connect = (): Promise<LineClient> =>
    openLineClient({
      endpoint: addresses['opcua'] ?? '',
      machines: MACHINES,
      pkiFolder: join(folder, 'client'),
      queueSize: 100,
    });

  async function truthOf(variable: string): Promise<Truth[]> {
    const truth: Truth[] = [];
    for await (const each of readTruthLog(truthFile)) if (each.variable === variable) truth.push(each);
    return truth;
  }

  /** Resolves when the truth log has this many more values of a variable. */
  async function more(variable: string, count: number): Promise<void> {
    const before = (await truthOf(variable)).length;
    await eventually(async () => (await truthOf(variable)).length >= before + count);
  }

  it('shows every value that it notes, numbered by the clock', async () => {
    const client = await connect();
    await eventually(() => client.of('Block').length >= 20);

    const truth = await truthOf('machine-1.Block');
    const written = new Map(truth.map(({ number, sourceTimestampMs }) => [number, sourceTimestampMs]));
    const arrived = client.of('Block').map(({ value, timeMs }): [number, number] => [Number(value), timeMs]);

    for (const [number, timeMs] of arrived) expect(written.get(number)).toBe(timeMs);
    const numbers = arrived.map(([number]) => number);
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
    await client.close();
  });

  it('goes on where the clock is after a kill', async () => {
    const { body: before } = await ask('GET', '/line');
    const { status } = await ask('POST', '/faults', { kind: 'kill', durationMs: 500 });
    await eventually(async () => (await lastFault())?.endedAtMs !== undefined);
    await more('machine-1.Block', 2);

    const { body: after } = await ask('GET', '/line');
    const truth = await truthOf('machine-1.Block');
    const numbers = truth.map(({ number }) => number);
    const jumps = numbers.filter((number, index) => index > 0 && number > numbers[index - 1]! + 1);
    expect(status).toBe(201);
    expect(after.pid).not.toBe(before.pid);
    expect(jumps).toHaveLength(1);
    // A block is 85.3 ms long, however many were never written.
    const [first, last] = [truth[0]!, truth.at(-1)!];
    const meanMs = (last.sourceTimestampMs - first.sourceTimestampMs) / (last.number - first.number);
    expect(meanMs).toBeCloseTo(85, 0);
  });

  it('moves the clock and spoils the quality of one machine, and puts both right again', async () => {
    const skew = await ask('POST', '/faults', { kind: 'clock-skew', machine: 'machine-2', offsetMs: 60_000 });
    const bad = await ask('POST', '/faults', { kind: 'bad-quality', machine: 'machine-2', quality: 'bad' });
    await more('machine-2.Block', 3);
    const [moved, other] = [await truthOf('machine-2.Block'), await truthOf('machine-1.Block')];
    await ask('DELETE', `/faults/${skew.body.id}`);
    await ask('DELETE', `/faults/${bad.body.id}`);
    await more('machine-2.Block', 3);
    const healed = (await truthOf('machine-2.Block')).at(-1)!;

    expect(moved.at(-1)).toMatchObject({ quality: 'bad' });
    expect(moved.at(-1)!.sourceTimestampMs - other.at(-1)!.sourceTimestampMs).toBeGreaterThan(55_000);
    expect(other.at(-1)!.quality).toBe('good');
    expect(healed.quality).toBe('good');
    expect(healed.sourceTimestampMs).toBeLessThan(moved.at(-1)!.sourceTimestampMs);
  });

  it('cuts the cable and mends it', async () => {
    await ask('POST', '/faults', { kind: 'cut', durationMs: 60_000 });
    const socket = connectSocket(Number(new URL(addresses['opcua']!.replace('opc.tcp', 'http')).port));
    const [refused] = await Promise.race([once(socket, 'error'), once(socket, 'data')]);
    await ask('DELETE', `/faults/${(await lastFault())?.id}`);
    const client = await connect();
    await eventually(() => client.of('Block').length > 1);
    await client.close();

    expect(refused).toMatchObject({ code: 'ECONNRESET' });
  });

  it('refuses a second fault at the same place, one that is none, and pages of others', async () => {
    const first = await ask('POST', '/faults', { kind: 'silence', durationMs: 60_000 });
    const second = await ask('POST', '/faults', { kind: 'cut', durationMs: 1 });
    await ask('DELETE', `/faults/${first.body.id}`);
    const gone = await ask('DELETE', `/faults/${first.body.id}`);
    const none = await ask('POST', '/faults', { kind: 'warp' });
    const foreign = await fetch(`${addresses['faults']}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"kind":"cut","durationMs":1}',
    });

    expect([second.status, second.body.code]).toEqual([409, 'E_WRONG_STATE']);
    expect([gone.status, none.status, foreign.status]).toEqual([404, 400, 400]);
  });
});
