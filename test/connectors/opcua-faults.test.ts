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

jest.setTimeout(60_000);

describe('faults of a machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-opcua-'));
  const machines: Machine[] = [];
  const open: Connector[] = [];

  afterEach(async () => {
    for (const connector of open.splice(0)) await connector.close();
    for (const machine of machines.splice(0)) await machine.kill();
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function start(part: object = {}, port?: number): Promise<Machine> {
    const machine = await startMachine({
      port: port ?? (await freePort()),
      pkiFolder: join(folder, 'server'),
      ...part,
    });
    machines.push(machine);
    return machine;
  }

  const node = (name: string) => ({ node: `nsu=urn:test:line;s=press.${name}` });

  async function collect(
    { port }: Machine,
    signals: object,
    receiver = new RecordingReceiver(),
    queueSize = 400,
  ) {
    const connector = createOpcuaConnector({
      source: {
        endpoint: `opc.tcp://127.0.0.1:${port}`,
        securityMode: 'None',
        trust: 'first-use',
        publishingIntervalMs: 50,
        bridgeSeconds: 30,
        minimumBridgeSeconds: 5,
        queueMemoryMB: 16,
        strict: false,
        backfill: true,
        queueSize,
        signals: { ...signals },
      },
      pkiFolder: join(folder, 'client'),
      log: silentLog,
    });
    open.push(connector);
    await connector.open(receiver);
    return receiver;
  }

  const has = (receiver: RecordingReceiver, signal: string, value: unknown) =>
    eventually(() => receiver.of(signal).some((sample) => sample.value === value), {
      timeoutMs: 30_000,
      what: `${signal} ${String(value)}`,
    });
  const rowsOf = (receiver: RecordingReceiver, signal: string) =>
    receiver.rows.filter((row) => row.signal === signal);

  it('brings everything that a frozen server wrote before and after', async () => {
    const machine = await start();
    const receiver = await collect(machine, { block: node('Block') });
    const nowMs = Date.now();
    await machine.send('write', { signal: 'Block', value: 1, atMs: nowMs });
    await has(receiver, 'block', 1);
    machine.freeze(true);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    machine.freeze(false);
    for (const value of [2, 3]) await machine.send('write', { signal: 'Block', value, atMs: nowMs + value });
    await has(receiver, 'block', 3);
    expect(receiver.distinct('block').slice(-3)).toEqual([1, 2, 3]);
    expect(rowsOf(receiver, 'block')).toEqual([]);
  });

  it('accounts for what a server wrote before its clock was set back, while nobody could look', async () => {
    const first = await start();
    const signals = { block: node('Block'), condition: node('Condition') };
    const receiver = await collect(first, signals);
    const beforeMs = Date.now();
    await first.send('write', { signal: 'Condition', value: 'worn', atMs: beforeMs });
    await first.send('write', { signal: 'Block', value: 1, atMs: beforeMs });
    await has(receiver, 'block', 1);
    await has(receiver, 'condition', 'worn');
    await first.kill();
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const second = await start({}, first.port);
    const behindMs = 6_000;
    const setBackAtMs = Date.now();
    await second.send('write', { signal: 'Condition', value: 'broken', atMs: Date.now() - behindMs });
    const until = { timeoutMs: 30_000, what: 'the machine again' };
    await eventually(() => receiver.currentState?.state === 'connected' && receiver.states.length > 3, until);
    let number = 10;
    await eventually(async () => {
      number += 1;
      await second.send('write', { signal: 'Block', value: number, atMs: Date.now() - behindMs });
      return receiver.of('block').filter(({ epoch }) => epoch === 1).length >= 2;
    }, until);
    // What Block showed first was written before: until then its values may be missing. That of Condition came after.
    const shownAtMs = receiver.of('block').findLast(({ epoch }) => epoch === undefined)!.sourceTimestampMs;
    for (const [signal, missingUntilMs] of [
      ['block', shownAtMs],
      ['condition', setBackAtMs],
    ] as const) {
      const covers = rowsOf(receiver, signal).filter(({ epoch }) => epoch === undefined);
      expect(Math.max(...covers.map(({ toMs }) => toMs))).toBeGreaterThanOrEqual(missingUntilMs);
      expect(rowsOf(receiver, signal)).toContainEqual(
        expect.objectContaining({ cause: 'clock-step', epoch: 1 }),
      );
    }
    expect(receiver.of('condition').at(-1)).toMatchObject({ value: 'broken', epoch: 1 });
  });

  it('reads an array that is longer than a message in parts', async () => {
    const length = 1_300_000;
    const machine = await start({ recordLength: length });
    const receiver = await collect(machine, { record: { ...node('Record'), waveform: { length } } });
    await machine.send('record', { number: 3, length, atMs: Date.now() });
    const arrived = () =>
      receiver.of('record').find(({ value }) => ArrayBuffer.isView(value) && Number(value[0]) === 3);
    await eventually(() => arrived() !== undefined, { timeoutMs: 30_000, what: 'the record' });
    const { value } = arrived() ?? {};
    expect(value).toBeInstanceOf(Float32Array);
    expect(value).toHaveLength(length);
    expect((value as Float32Array).subarray(-8)).toEqual(
      Float32Array.from({ length: 8 }, (_, index) => 3 + ((length - 8 + index) % 8) / 8),
    );
  });

  it('takes fields out of structures', async () => {
    const machine = await start({ wholeNodeset: true });
    const receiver = await collect(machine, {
      low: { ...node('Limits'), field: 'Low' },
      high: { ...node('Limits'), field: 'High', scale: 2 },
    });
    await machine.send('limits', { low: -1, high: 4, atMs: Date.now() });
    await has(receiver, 'low', -1);
    await has(receiver, 'high', 8);
  });

  it('falls back to changes of value and status where a server refuses timestamps, and says so', async () => {
    const machine = await start({ refusesTimestamps: true });
    const receiver = await collect(machine, { block: node('Block') });
    await machine.send('write', { signal: 'Block', value: 5, atMs: Date.now() });
    await has(receiver, 'block', 5);
    expect(receiver.currentState).toMatchObject({
      state: 'degraded',
      reason: expect.stringContaining('only when value or status change'),
    });
  });

  it('finds out by itself what a lost notification may have changed', async () => {
    const machine = await start();
    const receiver = await collect(machine, { block: node('Block'), condition: node('Condition') });
    const nowMs = Date.now();
    await machine.send('write', { signal: 'Block', value: 1, atMs: nowMs });
    await machine.send('write', { signal: 'Condition', value: 'worn', atMs: nowMs });
    await has(receiver, 'condition', 'worn');
    await machine.send('skip');
    await machine.send('write', { signal: 'Block', value: 2, atMs: nowMs + 1_000 });
    await has(receiver, 'block', 2);
    await eventually(() => rowsOf(receiver, 'block').length > 0, { timeoutMs: 30_000, what: 'a row' });
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    await machine.send('write', { signal: 'Condition', value: 'broken', atMs: Date.now() });
    await has(receiver, 'condition', 'broken');
    expect(rowsOf(receiver, 'condition')).toEqual([]);
    expect(rowsOf(receiver, 'block')).toMatchObject([{ cause: 'connection-lost' }]);
  });

  it('fills what is missing from the history of the server', async () => {
    const machine = await start({ wholeNodeset: true, history: true });
    const nowMs = Date.now();
    const write = (value: number, atMs: number) => machine.send('write', { signal: 'Block', value, atMs });
    for (const value of [1, 2, 3, 4, 5]) await write(value, nowMs + 10 * value);
    const receiver = new RecordingReceiver();
    receiver.resume.set('block', { sourceTimestampMs: nowMs + 20, epoch: 0 });
    await collect(machine, { block: node('Block') }, receiver);
    await write(6, Date.now());
    await has(receiver, 'block', 3);
    await has(receiver, 'block', 6);
    expect(new Set(receiver.distinct('block'))).toEqual(new Set([3, 4, 5, 6]));
    expect(rowsOf(receiver, 'block')).toMatchObject([
      { cause: 'client-down', filled: true, fromMs: nowMs + 20, toMs: nowMs + 50 },
    ]);
  });

  it('bounds the messages of large values, of which a full queue would not fit into one', async () => {
    const machine = await start();
    const length = 4_096;
    await machine.send('blocks', { first: 1, count: 1, length, startMs: Date.now(), stepMs: 1 });
    const receiver = await collect(machine, { block: node('Block'), vibration: node('Vibration') });
    await has(receiver, 'block', 1);
    const before = receiver.batches.length;
    await machine.send('blocks', { first: 2, count: 199, length, startMs: Date.now(), stepMs: 1 });
    await eventually(() => receiver.of('vibration').length === 200, {
      timeoutMs: 30_000,
      what: 'all blocks',
    });
    await has(receiver, 'block', 200);
    const sizes = receiver.batches
      .slice(before)
      .map((batch) =>
        batch.reduce((sum, { value }) => sum + (ArrayBuffer.isView(value) ? value.byteLength : 8), 0),
      );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000_000);
    expect(receiver.rows).toEqual([]);
  });
});
