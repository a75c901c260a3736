import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connector } from '../../connectors/connector.ts';
import { createOpcuaConnector } from '../../connectors/opcua/opcua-connector.ts';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type Machine, startMachine } from '../support/opcua-machine.ts';
import { RecordingReceiver } from '../support/recording-receiver.ts';

describe('the kinds of signals of a machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-opcua-'));
  let machine: Machine;
  const open: Connector[] = [];

  beforeAll(async () => {
    machine = await startMachine({
      port: await freePort(),
      pkiFolder: join(folder, 'server'),
      wholeNodeset: true,
    });
  });

  afterEach(async () => {
    for (const connector of open.splice(0)) await connector.close();
  });

  afterAll(async () => {
    await machine.kill();
    await rm(folder, { recursive: true });
  });

  const node = (name: string) => `nsu=urn:test:line;s=press.${name}`;

  async function collect(
    signals: OpcuaSource['signals'],
    part: Partial<OpcuaSource> = {},
    receiver = new RecordingReceiver(),
  ): Promise<RecordingReceiver> {
    const connector = createOpcuaConnector({
      source: {
        endpoint: machine.endpoint,
        securityMode: 'None',
        trust: 'first-use',
        publishingIntervalMs: 50,
        bridgeSeconds: 30,
        minimumBridgeSeconds: 5,
        queueMemoryMB: 16,
        strict: false,
        backfill: true,
        signals,
        ...part,
      },
      pkiFolder: join(folder, 'client'),
      log: silentLog,
    });
    open.push(connector);
    await connector.open(receiver);
    return receiver;
  }

  it('reads a polled signal again and again, and stores each of its values once', async () => {
    const receiver = await collect({ load: { node: node('Load'), kind: 'polled', rateHz: 50 } });
    const startMs = Date.now();
    for (const value of [1, 2]) {
      await machine.send('write', { signal: 'Load', value, atMs: startMs + value });
      await eventually(() => receiver.of('load').some((sample) => sample.value === value));
    }
    expect(
      receiver
        .of('load')
        .slice(-2)
        .map(({ value, sourceTimestampMs }) => [value, sourceTimestampMs - startMs]),
    ).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(receiver.gaps).toEqual([]);
  });

  it('scales, takes a part of an array, and shares an item between signals of one node', async () => {
    const receiver = await collect(
      {
        celsius: { node: node('Load'), scale: 0.1, offset: -273 },
        kelvin: { node: node('Load'), scale: 0.1 },
        part: { node: node('Vibration'), indexRange: '1:2', group: 'fast' },
      },
      { groups: { fast: { publishingIntervalMs: 20 } } },
    );
    const atMs = Date.now();
    await machine.send('write', { signal: 'Load', value: 2_930, atMs });
    await machine.send('array', { signal: 'Vibration', value: [1, 2, 3, 4], atMs });
    const at = (signal: string) =>
      eventually(() => receiver.of(signal).find(({ sourceTimestampMs }) => sourceTimestampMs === atMs));
    expect((await at('celsius')).value).toBeCloseTo(20);
    expect((await at('kelvin')).value).toBeCloseTo(293);
    expect((await at('part')).value).toEqual(Float32Array.of(2, 3));
    const subscriptions = (await machine.send('subscriptions')) as unknown[];
    expect(subscriptions).toHaveLength(2);
  });

  it('calls a method at every value of its trigger, with the time of the trigger', async () => {
    const receiver = await collect({
      block: { node: node('Block') },
      record: {
        capture: {
          object: '/nsu=urn:test:line;press',
          method: node('Record'),
          arguments: [4],
          output: 0,
          trigger: 'block',
        },
      },
    });
    const atMs = Date.now();
    await machine.send('write', { signal: 'Block', value: 5, atMs });
    const sample = await eventually(() =>
      receiver.of('record').find(({ sourceTimestampMs }) => sourceTimestampMs === atMs),
    );
    expect(sample.value).toEqual(Float32Array.of(7, 7.125, 7.25, 7.375));
  });

  it('takes a field of events for values', async () => {
    const receiver = await collect({
      alarm: { event: { source: 'i=2253', type: 'i=2041', field: 'Message' } },
      severity: { event: { source: 'i=2253', type: 'i=2041', field: 'Severity' } },
    });
    await machine.send('event', { message: 'bearing hot', severity: 700 });
    await eventually(() => receiver.of('alarm').find(({ value }) => value === 'bearing hot'));
    await eventually(() => receiver.of('severity').find(({ value }) => value === 700));
    expect(receiver.gaps).toEqual([]);
  });

  it('plans queues for the outage that is to be bridged, and says how long they bridge', async () => {
    const receiver = await collect({ load: { node: node('Load'), kind: 'periodic', rateHz: 10 } });
    await eventually(() => receiver.current?.figures?.['bridgeSeconds'] !== undefined);
    expect(receiver.current?.figures).toMatchObject({ bridgeSeconds: 40 });
    expect(receiver.currentState?.state).toBe('connected');
  });

  it('is degraded where the memory for queues bridges less than it must', async () => {
    const receiver = await collect(
      {
        wave: {
          node: node('Vibration'),
          kind: 'periodic',
          rateHz: 100_000,
          waveform: { length: 4, sampleRateHz: 1 },
        },
      },
      { queueMemoryMB: 1 },
    );
    expect(receiver.currentState?.state).toBe('degraded');
    expect(receiver.currentState?.reason).toMatch(/queues enough for 0\.\d s only, less than 5 s/);
  });

  it('refuses a server that grants less than asked where it is to be strict', async () => {
    const slow = await startMachine({
      port: await freePort(),
      pkiFolder: join(folder, 'server'),
      samplingMs: 500,
    });
    await expect(
      collect({ load: { node: node('Load') } }, { endpoint: slow.endpoint, strict: true }),
    ).rejects.toMatchObject({ code: 'E_OPCUA_REVISED' });
    await slow.kill();
  });

  it('goes on from what an earlier life delivered, without a duplicate', async () => {
    const atMs = Date.now() - 5_000;
    await machine.send('write', { signal: 'Load', value: 1, atMs });
    await machine.send('write', { signal: 'Segment', value: 9, atMs: atMs + 3_000 });
    const receiver = new RecordingReceiver();
    receiver.resume.set('load', { sourceTimestampMs: atMs, epoch: 0 });
    receiver.resume.set('segment', { sourceTimestampMs: atMs - 1_000, epoch: 0 });
    await collect({ load: { node: node('Load') }, segment: { node: node('Segment') } }, {}, receiver);
    // Of now: what comes after a subscription is of later, or the clock was set.
    await machine.send('write', { signal: 'Load', value: 2, atMs: Date.now() });
    await eventually(() => receiver.of('load').length > 0);
    expect(receiver.of('load').map(({ value }) => value)).toEqual([2]);
    expect(receiver.of('segment').map(({ value }) => value)).toEqual([9]);
    expect(receiver.rows).toMatchObject([{ signal: 'segment', cause: 'client-down', toMs: atMs + 3_000 }]);
  });
});
