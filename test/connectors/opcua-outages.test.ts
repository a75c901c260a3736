import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connector } from '../../connectors/connector.ts';
import { createOpcuaConnector } from '../../connectors/opcua/opcua-connector.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type Machine, startMachine } from '../support/opcua-machine.ts';
import { RecordingReceiver } from '../support/recording-receiver.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

describe('outages of a machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-opcua-'));
  const serverPki = join(folder, 'server');
  const machines: Machine[] = [];
  const proxies: TcpProxy[] = [];
  const open: Connector[] = [];

  afterEach(async () => {
    for (const connector of open.splice(0)) await connector.close();
    for (const proxy of proxies.splice(0)) await proxy.close();
    for (const machine of machines.splice(0)) await machine.kill();
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function start(port: number, part: object = {}): Promise<Machine> {
    const machine = await startMachine({ port, pkiFolder: serverPki, ...part });
    machines.push(machine);
    return machine;
  }

  async function proxied(machine: Machine): Promise<TcpProxy> {
    const proxy = await startTcpProxy(machine.port);
    proxies.push(proxy);
    return proxy;
  }

  async function collect(port: number): Promise<RecordingReceiver> {
    const receiver = new RecordingReceiver();
    const node = (name: string) => ({ node: `nsu=urn:test:line;s=press.${name}` });
    const connector = createOpcuaConnector({
      source: {
        endpoint: `opc.tcp://127.0.0.1:${port}`,
        securityMode: 'SignAndEncrypt',
        trust: 'first-use',
        publishingIntervalMs: 50,
        bridgeSeconds: 30,
        minimumBridgeSeconds: 5,
        queueMemoryMB: 16,
        strict: false,
        backfill: true,
        queueSize: 400,
        signals: { vibration: node('Vibration'), block: node('Block'), segment: node('Segment') },
      },
      pkiFolder: join(folder, 'client'),
      log: silentLog,
    });
    open.push(connector);
    await connector.open(receiver);
    return receiver;
  }

  /** Blocks as of now, no two with the same time. */
  let lastMs = 0;
  const blocks = (first: number, count: number) => {
    const startMs = Math.max(Date.now(), lastMs + 1);
    lastMs = startMs + count - 1;
    return { first, count, length: 256, startMs, stepMs: 1 };
  };
  const numbers = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);
  /** Block numbers that arrived, without the 0 that a fresh server shows. */
  const received = (receiver: RecordingReceiver) =>
    receiver.distinct('block').filter((number) => number !== 0);
  const arrived = (receiver: RecordingReceiver, number: number) =>
    eventually(() => received(receiver).includes(number), { what: `block ${number}` });

  it('loses nothing in a cut of two seconds, in a connection of the configured host and port', async () => {
    const machine = await start(await freePort(), { wholeNodeset: true });
    const proxy = await proxied(machine);
    const receiver = await collect(proxy.port);
    await machine.send('blocks', blocks(1, 20));
    await arrived(receiver, 20);
    const cutAtMs = performance.now();
    proxy.cut();
    await eventually(() => receiver.current?.state === 'connecting');
    let written = 20;
    while (performance.now() < cutAtMs + 2_000) {
      written += 1;
      await machine.send('blocks', blocks(written, 1));
      // Slow enough for the server's queue of 400.
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    proxy.restore();
    await arrived(receiver, written);
    expect(received(receiver)).toEqual(numbers(1, written));
    expect(receiver.distinct('vibration')).toHaveLength(written + 1);
    expect(receiver.gaps).toEqual([]);
    await eventually(() => receiver.current?.state === 'connected');
  });

  it('gets what was on the wire when it broke, even after a quiet moment', async () => {
    const machine = await start(await freePort(), { wholeNodeset: true });
    const proxy = await proxied(machine);
    const receiver = await collect(proxy.port);
    await machine.send('blocks', blocks(1, 3));
    await arrived(receiver, 3);
    const subscriptions = async () =>
      (await machine.send('subscriptions')) as { unacknowledged: number[]; keepAlives: number }[];
    const [before] = await subscriptions();
    // Two keep-alives: the second one has certainly been read when the third is due.
    await eventually(async () => {
      const [now] = await subscriptions();
      return (now?.keepAlives ?? 0) >= (before?.keepAlives ?? 0) + 2;
    });
    proxy.swallow();
    await machine.send('blocks', blocks(4, 1));
    await eventually(async () => ((await subscriptions())[0]?.unacknowledged.length ?? 0) > 0);
    proxy.cut();
    proxy.restore();
    await arrived(receiver, 4);
    expect(received(receiver)).toEqual(numbers(1, 4));
    expect(receiver.gaps).toEqual([]);
  });

  it('goes on after the server was killed and started again, and notes what may be missing', async () => {
    const port = await freePort();
    const first = await start(port);
    const receiver = await collect(port);
    const sent = blocks(1, 10);
    await first.send('blocks', sent);
    await arrived(receiver, 10);
    await first.kill();
    await eventually(() => receiver.current?.state === 'connecting');
    const second = await start(port);
    await eventually(() => receiver.current?.state === 'connected');
    await second.send('blocks', blocks(15, 10));
    await arrived(receiver, 24);
    expect(received(receiver)).toEqual([...numbers(1, 10), ...numbers(15, 24)]);
    // The fresh server shows its first values with the time of its start: there the gap ends.
    for (const signal of ['vibration', 'block', 'segment']) {
      expect(receiver.gaps.filter((gap) => gap.signal === signal)).toEqual([
        expect.objectContaining({ fromMs: sent.startMs + 9, cause: 'server-restarted', filled: false }),
      ]);
    }
  });

  it('finds its nodes again when the namespaces moved', async () => {
    const port = await freePort();
    const first = await start(port);
    const receiver = await collect(port);
    await first.send('blocks', blocks(1, 3));
    await arrived(receiver, 3);
    await first.kill();
    const second = await start(port, { namespaces: ['urn:other:one', 'urn:other:two'] });
    await eventually(() => receiver.current?.state === 'connected' && receiver.states.length > 2);
    await second.send('blocks', blocks(10, 3));
    await arrived(receiver, 12);
    expect(received(receiver)).toEqual([...numbers(1, 3), ...numbers(10, 12)]);
  });

  it('takes the subscription over when the server answers others while it is silent', async () => {
    const machine = await start(await freePort(), { wholeNodeset: true });
    const proxy = await proxied(machine);
    const receiver = await collect(proxy.port);
    await machine.send('blocks', blocks(1, 1));
    await arrived(receiver, 1);
    proxy.freeze();
    await machine.send('blocks', blocks(2, 1));
    await eventually(() => receiver.current?.reason === 'the server answers, but the subscription is silent');
    await arrived(receiver, 2);
    expect(receiver.currentState).toEqual({ state: 'connected' });
    // The subscription went over to the new session with everything that it had queued.
    expect(received(receiver)).toEqual(numbers(1, 2));
    expect(receiver.gaps).toEqual([]);
  });

  it('waits for a server that is not there yet', async () => {
    const port = await freePort();
    const receiver = await collect(port);
    expect(receiver.currentState).toEqual({
      state: 'connecting',
      reason: expect.stringContaining('E_OPCUA_UNREACHABLE'),
    });
    const machine = await start(port);
    await eventually(() => receiver.current?.state === 'connected');
    await machine.send('blocks', blocks(1, 1));
    await arrived(receiver, 1);
  });
});
