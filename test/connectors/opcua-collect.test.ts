import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ClientSidePublishEngine,
  DataType,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  VariantArrayType,
} from 'node-opcua-client';
import type { Connector } from '../../connectors/connector.ts';
import { createConnector } from '../../connectors/index.ts';
import { createOpcuaConnector } from '../../connectors/opcua/opcua-connector.ts';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type Machine, startMachine } from '../support/opcua-machine.ts';
import { RecordingReceiver } from '../support/recording-receiver.ts';

const NODES = {
  vibration: 'Vibration',
  spectrum: 'Spectrum',
  block: 'Block',
  segment: 'Segment',
  condition: 'Condition',
  load: 'Load',
  count: 'Count',
  finished: 'Finished',
};

describe('collecting from a machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-opcua-'));
  const pkiFolder = join(folder, 'client');
  let machine: Machine;
  const open: Connector[] = [];

  beforeAll(async () => {
    machine = await startMachine({ port: await freePort(), pkiFolder: join(folder, 'server') });
  });

  afterEach(async () => {
    for (const connector of open.splice(0)) await connector.close();
  });

  afterAll(async () => {
    await machine.kill();
    await rm(folder, { recursive: true });
  });

  function source(part: Partial<OpcuaSource> = {}): OpcuaSource {
    return {
      endpoint: machine.endpoint,
      securityMode: 'SignAndEncrypt',
      trust: 'first-use',
      publishingIntervalMs: 50,
      bridgeSeconds: 30,
      minimumBridgeSeconds: 5,
      queueMemoryMB: 16,
      strict: false,
      backfill: true,
      queueSize: 400,
      signals: Object.fromEntries(
        Object.entries(NODES).map(([signal, node]) => [
          signal,
          { node: `nsu=urn:test:line;s=press.${node}` },
        ]),
      ),
      ...part,
    };
  }

  async function collect(part: Partial<OpcuaSource> = {}, signals?: string[]): Promise<RecordingReceiver> {
    const receiver = new RecordingReceiver();
    const connector = createOpcuaConnector({
      source: source(part),
      pkiFolder,
      log: silentLog,
      ...(signals === undefined ? {} : { signals }),
    });
    open.push(connector);
    await connector.open(receiver);
    await eventually(() => receiver.batches.length > 0, { what: 'the first values' });
    return receiver;
  }

  it('carries an array of 4,096 there and back, written and read in this very realm', async () => {
    const values = Float32Array.from({ length: 4096 }, (_, index) => Math.fround(Math.sin(index)));
    const receiver = await collect();
    const client = OPCUAClient.create({
      endpointMustExist: false,
      securityMode: MessageSecurityMode.None,
      securityPolicy: SecurityPolicy.None,
    });
    await client.withSessionAsync(machine.endpoint, async (session) => {
      const index = (await session.readNamespaceArray()).indexOf('urn:test:line');
      await session.write({
        nodeId: `ns=${index};s=press.Vibration`,
        attributeId: 13,
        value: { value: { dataType: DataType.Float, arrayType: VariantArrayType.Array, value: values } },
      });
    });
    const sample = await eventually(() =>
      receiver.of('vibration').find(({ value }) => value instanceof Float32Array && value.length === 4096),
    );
    expect(sample.value).toBeInstanceOf(Float32Array);
    expect(sample.value).toEqual(values);
    // A block owns its bytes: a view would keep the whole message in memory.
    expect((sample.value as Float32Array).buffer.byteLength).toBe(4 * 4096);
  });

  it('gives scalars and arrays of every kind as numbers, texts and truth values', async () => {
    const receiver = await collect();
    await machine.send('write', { signal: 'Count', value: [1, 5], atMs: 5_000 });
    await machine.send('write', { signal: 'Condition', value: 'inner race', atMs: 5_000 });
    await machine.send('write', { signal: 'Load', value: 0.25, atMs: 5_000 });
    await machine.send('write', { signal: 'Finished', value: true, atMs: 5_000 });
    await machine.send('array', { signal: 'Spectrum', value: [1.5, -2], atMs: 5_000 });
    const at = (signal: string) => receiver.of(signal).find((sample) => sample.sourceTimestampMs === 5_000);
    await eventually(() => at('spectrum'));
    expect(at('count')?.value).toBe(2 ** 32 + 5);
    expect(at('condition')?.value).toBe('inner race');
    expect(at('load')?.value).toBe(0.25);
    expect(at('finished')?.value).toBe(true);
    expect(at('spectrum')?.value).toEqual(Float64Array.of(1.5, -2));
    expect(at('spectrum')?.quality).toBe('good');
  });

  it('delivers every one of 200 blocks with its context, however fast they are written', async () => {
    const receiver = await collect();
    await machine.send('blocks', { first: 1, count: 200, length: 4096, startMs: 1_000_000, stepMs: 10 });
    const numbers = Array.from({ length: 200 }, (_, index) => index + 1);
    const since = (signal: string) =>
      receiver.of(signal).filter((sample) => Math.floor(sample.sourceTimestampMs / 10_000) === 100);
    await eventually(() => since('vibration').length === 200);
    expect(since('block').map(({ value }) => value)).toEqual(numbers);
    expect(since('vibration').map(({ value }) => (value as Float32Array)[0])).toEqual(numbers);
    expect(since('segment')).toHaveLength(200);
    expect(since('vibration').map((sample) => sample.sourceTimestampMs)).toEqual(
      numbers.map((number) => 1_000_000 + (number - 1) * 10),
    );
    expect(receiver.gaps).toEqual([]);
    expect(receiver.currentState).toEqual({ state: 'connected' });
  });

  it('delivers repeated equal values', async () => {
    const receiver = await collect({}, ['load']);
    for (let index = 0; index < 20; index += 1) {
      await machine.send('write', { signal: 'Load', value: 7, atMs: 2_000_000 + index });
    }
    await eventually(() => receiver.of('load').filter(({ value }) => value === 7).length === 20);
    expect(receiver.of('load').filter(({ value }) => value === 7)).toHaveLength(20);
  });

  it('subscribes to no more than the signals asked for', async () => {
    const receiver = await collect({}, ['load', 'condition']);
    await machine.send('write', { signal: 'Block', value: 99, atMs: 3_000_000 });
    await machine.send('write', { signal: 'Load', value: 1, atMs: 3_000_000 });
    await eventually(() => receiver.of('load').find((sample) => sample.sourceTimestampMs === 3_000_000));
    expect(new Set(receiver.batches.flat().map(({ signal }) => signal))).toEqual(
      new Set(['load', 'condition']),
    );
    expect(() =>
      createOpcuaConnector({ source: source(), pkiFolder, log: silentLog, signals: ['speed'] }),
    ).toThrow(expect.objectContaining({ code: 'E_INVALID_INPUT' }));
  });

  it('notes a gap where the queue of the server overflowed', async () => {
    const receiver = await collect({ queueSize: 10 }, ['block']);
    await machine.send('write', { signal: 'Block', value: 0, atMs: 4_000_000 });
    await eventually(() => receiver.of('block').find((sample) => sample.sourceTimestampMs === 4_000_000));
    await machine.send('blocks', { first: 1, count: 30, length: 4, startMs: 4_000_001, stepMs: 1 });
    await eventually(() => receiver.of('block').find(({ value }) => value === 30));
    expect(
      receiver
        .of('block')
        .slice(-10)
        .map(({ value }) => value),
    ).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect(receiver.rows).toEqual([
      { signal: 'block', fromMs: 4_000_000, toMs: 4_000_021, cause: 'queue-overflow', filled: false },
    ]);
  });

  it('says of a bad or uncertain value that it is one, and notes the gap', async () => {
    const receiver = await collect({}, ['load']);
    await machine.send('write', { signal: 'Load', value: 1, atMs: 5_000_000 });
    await machine.send('write', { signal: 'Load', value: 2, atMs: 5_000_001, status: 'BadSensorFailure' });
    await machine.send('write', {
      signal: 'Load',
      value: 3,
      atMs: 5_000_002,
      status: 'UncertainLastUsableValue',
    });
    await machine.send('write', { signal: 'Load', value: 4, atMs: 5_000_003 });
    await eventually(() => receiver.of('load').find(({ value }) => value === 4));
    const qualities = receiver
      .of('load')
      .slice(-3)
      .map(({ quality }) => quality);
    expect(qualities.at(-2)).toBe('uncertain');
    expect(
      receiver.of('load').filter(({ quality, value }) => quality === 'good' && (value === 2 || value === 3)),
    ).toEqual([]);
    expect(receiver.rows).toEqual([
      { signal: 'load', fromMs: 5_000_000, toMs: 5_000_003, cause: 'bad-quality', filled: false },
    ]);
  });

  it('acknowledges only what the receiver has taken, and offers again what it refused', async () => {
    const receiver = await collect({}, ['block']);
    const unacknowledged = async () => {
      const subscriptions = (await machine.send('subscriptions')) as { unacknowledged: number[] }[];
      return subscriptions.flatMap((subscription) => subscription.unacknowledged);
    };
    await eventually(async () => (await unacknowledged()).length === 0);
    receiver.refuse = new Error('no space left');
    await machine.send('write', { signal: 'Block', value: 41, atMs: 6_000_000 });
    await eventually(() => receiver.current?.state === 'degraded');
    await machine.send('write', { signal: 'Block', value: 42, atMs: 6_000_001 });
    await eventually(async () => (await unacknowledged()).length >= 1);
    expect(receiver.current?.reason).toContain('no space left');
    expect(receiver.of('block').map(({ value }) => value)).not.toContain(41);
    receiver.refuse = undefined;
    await eventually(() => receiver.of('block').find(({ value }) => value === 42));
    expect(
      receiver
        .of('block')
        .slice(-2)
        .map(({ value }) => value),
    ).toEqual([41, 42]);
    await eventually(async () => (await unacknowledged()).length === 0);
    expect(receiver.currentState).toEqual({ state: 'connected' });
    await machine.send('write', { signal: 'Block', value: 43, atMs: 6_000_002 });
    await eventually(() => receiver.of('block').find(({ value }) => value === 43));
  });

  it('has every value taken before its acknowledgement leaves', async () => {
    let taken = 0;
    let acknowledged = 0;
    const tooEarly: string[] = [];
    const { internalSendPublishRequest } = ClientSidePublishEngine.prototype;
    const spy = jest
      .spyOn(ClientSidePublishEngine.prototype, 'internalSendPublishRequest')
      .mockImplementation(function (this: ClientSidePublishEngine) {
        // The private queue that the next PublishRequest takes along.
        const queue = (this as unknown as { subscriptionAcknowledgements: unknown[] })
          .subscriptionAcknowledgements;
        acknowledged += queue.length;
        if (acknowledged > taken) tooEarly.push(`${acknowledged} acknowledged, ${taken} taken`);
        internalSendPublishRequest.call(this);
      });
    const receiver = new RecordingReceiver();
    receiver.receive = (samples) => {
      receiver.batches.push(samples);
      taken += 1;
    };
    const connector = createOpcuaConnector({
      source: source(),
      pkiFolder,
      log: silentLog,
      signals: ['block'],
    });
    open.push(connector);
    await connector.open(receiver);
    for (let number = 1; number <= 10; number += 1) {
      await machine.send('write', { signal: 'Block', value: number, atMs: 7_000_000 + number });
      await eventually(() =>
        receiver.of('block').find((sample) => sample.sourceTimestampMs === 7_000_000 + number),
      );
    }
    await eventually(() => acknowledged === taken);
    spy.mockRestore();
    expect(taken).toBeGreaterThanOrEqual(10);
    expect(tooEarly).toEqual([]);
  });

  it('is degraded, with the reason, at a server that samples more slowly than asked', async () => {
    const slow = await startMachine({
      port: await freePort(),
      pkiFolder: join(folder, 'server'),
      samplingMs: 500,
    });
    const receiver = await collect({ endpoint: slow.endpoint }, ['load']);
    expect(receiver.current?.state).toBe('degraded');
    expect(receiver.current?.reason).toContain('load every 500 ms');
    await slow.kill();
  });

  it('names every signal that has no node', async () => {
    const connector = createOpcuaConnector({
      source: source({
        signals: {
          load: { node: 'nsu=urn:test:line;s=press.Load' },
          torque: { node: 'nsu=urn:test:line;s=press.Torque' },
          speed: { node: 'nsu=urn:elsewhere;s=press.Speed' },
          wild: { node: 'Speed' },
        },
      }),
      pkiFolder,
      log: silentLog,
    });
    await expect(connector.open(new RecordingReceiver())).rejects.toMatchObject({
      code: 'E_OPCUA_NODE',
      message: '3 of 4 signals have no node at the server: speed, wild, torque',
    });
    await connector.close();
  });

  it('leaves no session behind when it is closed', async () => {
    const connector = createOpcuaConnector({ source: source(), pkiFolder, log: silentLog });
    const receiver = new RecordingReceiver();
    await connector.open(receiver);
    expect(await machine.send('sessions')).toBe(1);
    await connector.close();
    await eventually(async () => (await machine.send('sessions')) === 0);
    const batches = receiver.batches.length;
    await machine.send('write', { signal: 'Load', value: 5, atMs: 8_000_000 });
    expect(receiver.batches).toHaveLength(batches);
  });

  it('closes at once while it waits for a server that is not there', async () => {
    const connector = createOpcuaConnector({
      source: source({ endpoint: `opc.tcp://127.0.0.1:${await freePort()}` }),
      pkiFolder,
      log: silentLog,
    });
    const receiver = new RecordingReceiver();
    await connector.open(receiver);
    expect(receiver.current?.state).toBe('connecting');
    expect(receiver.current?.reason).toContain('E_OPCUA_UNREACHABLE');
    await connector.close();
  });

  it('is made by the kind of the source', async () => {
    const connector = await createConnector(
      { opcua: source() },
      { signals: ['load'], pkiFolder, log: silentLog },
    );
    open.push(connector);
    const receiver = new RecordingReceiver();
    await connector.open(receiver);
    await eventually(() => receiver.of('load').length > 0);
    await expect(createConnector({}, { signals: [], pkiFolder, log: silentLog })).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
    });
  });
});
