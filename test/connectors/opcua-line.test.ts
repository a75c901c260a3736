import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coerceNodeId } from 'node-opcua-client';
import { discoveryText } from '../../cli/line/discovery-text.ts';
import { proposeSignals, signalName } from '../../cli/line/signal-proposals.ts';
import type { FoundNode } from '../../connectors/opcua/browse-nodes.ts';
import { checkLine } from '../../connectors/opcua/check-line.ts';
import { discoverEndpoints, discoverMachines } from '../../connectors/opcua/discover.ts';
import { browsePath, parseBrowsePath } from '../../connectors/opcua/node-address.ts';
import { recogniseMachines } from '../../connectors/opcua/recognise-machines.ts';
import { validate } from '../../openapi/validate.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type Machine, startMachine } from '../support/opcua-machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-line-'));
const pkiFolder = join(folder, 'pki');
const log = silentLog;
const { signal } = new AbortController();
let machine: Machine;

beforeAll(async () => {
  machine = await startMachine({
    port: await freePort(),
    pkiFolder: join(folder, 'server'),
    namespaces: ['urn:other', 'http://opcfoundation.org/UA/PackML/'],
  });
});
afterAll(async () => {
  await machine.kill();
  rmSync(folder, { recursive: true, force: true });
});

function source(signals: object, more: object = {}) {
  return validate(
    'OpcuaSource',
    { endpoint: machine.endpoint, trust: 'first-use', signals, ...more },
    'a line',
  );
}

describe('discovering an OPC UA server', () => {
  it('tells its endpoints to whoever asks, with the fingerprint of its certificate', async () => {
    const endpoints = await discoverEndpoints({
      server: source({ v: { node: 'i=1' } }),
      pkiFolder,
      log,
      signal,
    });

    const secure = endpoints.filter(({ securityMode }) => securityMode === 'SignAndEncrypt');
    expect(secure.map(({ securityPolicy }) => securityPolicy)).toContain('Aes256_Sha256_RsaPss');
    expect(secure[0]?.certificate?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('finds machines with their variables by namespace URI, and the nodesets that it knows', async () => {
    const server = source({ v: { node: 'i=1' } });

    const { machines, nodesets, isComplete } = await discoverMachines({ server, pkiFolder, log, signal });

    expect(nodesets).toEqual(['PackML']);
    expect(isComplete).toBe(true);
    expect(machines).toHaveLength(1);
    const [press] = machines;
    expect(press).toMatchObject({ name: 'press', path: '/nsu=urn:test:line;press', kind: 'object' });
    const proposals = proposeSignals(press!);
    expect(proposals.map(({ name }) => name)).toContain('vibration');
    const vibration = proposals.find(({ name }) => name === 'vibration')?.variable;
    expect(vibration).toMatchObject({
      node: 'nsu=urn:test:line;s=press.Vibration',
      dataType: 'Float',
      length: 4,
    });
  });

  it('names the signals of a large machine by looking at each node a few times only', () => {
    let looks = 0;
    const nodes = 3_000;
    const step = (name: string) => ({
      namespaceUri: undefined,
      get name() {
        looks += 1;
        return name;
      },
    });
    const variables = Array.from({ length: nodes }, (_none, index) => ({
      // All have one name, which two of the words above tell apart; the last ones nothing tells apart.
      steps: [step(`Hall${index % 1_000}`), step(index < 2_000 ? `Line${index}` : 'Line'), step('Speed')],
      node: `nsu=urn:big;i=${index}`,
      dataType: 'Double',
      length: undefined,
      unit: undefined,
      hasHistory: false,
      status: 'Good',
    }));

    const names = proposeSignals({
      name: 'big',
      path: '/big',
      kind: 'object',
      type: '',
      identification: {},
      variables,
    }).map(({ name }) => name);

    expect(new Set(names).size).toBe(nodes);
    expect([names[0], names[1999], names[2999]]).toEqual([
      'line0-speed',
      'line1999-speed',
      'hall999-line-speed',
    ]);
    expect(looks).toBeLessThanOrEqual(3 * nodes);
  });

  it('does not look around where the certificate is not trusted', async () => {
    const server = source({ v: { node: 'i=1' } }, { trust: 'listed' });
    const look = discoverMachines({ server, pkiFolder: join(folder, 'strangers'), log, signal });
    await expect(look).rejects.toMatchObject({ retryable: false });
  });
});

describe('a shell by OPC UA for I4AAS', () => {
  const namespaces = [
    'http://opcfoundation.org/UA/',
    'urn:own',
    'http://opcfoundation.org/UA/I4AAS/',
    'urn:press',
  ];

  it('is named also where it says no id and has no variables', () => {
    const shell: FoundNode = {
      nodeId: coerceNodeId('ns=3;i=1'),
      steps: [{ namespaceUri: 'urn:press', name: 'Shell' }],
      nodeClass: 'object',
      displayName: 'Shell',
      typeDefinition: coerceNodeId('ns=2;i=1002'),
      parent: undefined,
    };

    const found = recogniseMachines([shell], namespaces);

    expect(found).toEqual([{ node: shell, kind: 'i4aas', identification: [], variables: [] }]);
    const shells = [{ name: 'Shell', path: '/nsu=urn:press;Shell', identification: {} }];
    const discovery = {
      namespaces,
      nodesets: [],
      clockOffsetMs: 0,
      operationLimits: {},
      machines: [],
      shells,
    };
    const text = discoveryText({ ...discovery, isComplete: true }, [], new Map());
    expect(text).toContain(
      'Shell at /nsu=urn:press;Shell, without an id, so no registry can be asked for it',
    );
  });
});

describe('checking a line file', () => {
  it('is content with one that fits, read by node and by browse path', async () => {
    const fitting = source({
      vibration: { node: 'nsu=urn:test:line;s=press.Vibration', waveform: { length: 4 } },
      load: { path: '/nsu=urn:test:line;press/nsu=urn:test:line;Load' },
    });

    const { findings, measurement } = await checkLine({
      source: fitting,
      pkiFolder,
      log,
      signal,
      durationMs: 500,
    });

    expect(findings.filter(({ kind }) => kind === 'fault')).toEqual([]);
    expect([...(measurement?.signals.keys() ?? [])]).toEqual(['vibration', 'load']);
  });

  it('reports every mismatch at once', async () => {
    const wrong = source({
      vibration: { node: 'nsu=urn:test:line;s=press.Vibration', waveform: { length: 5 } },
      missing: { node: 'nsu=urn:test:line;s=press.Missing' },
      foreign: { node: 'nsu=urn:nobody;s=x' },
      lost: { path: '/nsu=urn:test:line;press/nsu=urn:test:line;Nowhere' },
      object: { path: '/nsu=urn:test:line;press' },
      text: { node: 'nsu=urn:test:line;s=press.Condition', scale: 2 },
      field: { node: 'nsu=urn:test:line;s=press.Load', field: 'x' },
      part: { node: 'nsu=urn:test:line;s=press.Vibration', indexRange: '2:9' },
      method: {
        capture: { object: '/nsu=urn:test:line;press', method: 'nsu=urn:test:line;s=press.Load' },
        rateHz: 1,
      },
      event: { event: { source: 'nsu=urn:test:line;s=press' } },
    });

    const { findings } = await checkLine({ source: wrong, pkiFolder, log, signal, durationMs: 0 });

    const faults = findings.filter(({ kind }) => kind === 'fault').map(({ path }) => path);
    expect(faults.sort()).toEqual([
      '/signals/event/event/source',
      '/signals/field/field',
      '/signals/foreign/node',
      '/signals/lost/path',
      '/signals/method/capture/method',
      '/signals/missing/node',
      '/signals/object/path',
      '/signals/part/indexRange',
      '/signals/text/scale',
      '/signals/vibration/waveform/length',
    ]);
    const lost = findings.find(({ path }) => path === '/signals/lost/path');
    expect(lost?.message).toContain('/nsu=urn:test:line;press has no nsu=urn:test:line;Nowhere');
  });

  it('measures the rate and compares it', async () => {
    const line = source({
      vibration: { node: 'nsu=urn:test:line;s=press.Vibration', kind: 'periodic', rateHz: 20 },
    });
    const checking = checkLine({ source: line, pkiFolder, log, signal, durationMs: 3_000 });
    // Written once somebody listens: ten values a second by their timestamps, whenever they are written.
    await eventually(async () => {
      const subscriptions = await machine.send('subscriptions');
      return Array.isArray(subscriptions) && subscriptions.length > 0 ? true : undefined;
    });
    await machine.send('blocks', { first: 0, count: 40, length: 4, startMs: Date.now(), stepMs: 100 });

    const { findings, measurement } = await checking;

    expect(measurement?.signals.get('vibration')?.rateHz).toBeCloseTo(10, 5);
    expect(findings).toContainEqual({
      kind: 'fault',
      path: '/signals/vibration/rateHz',
      message: '10 values a second come, not 20',
    });
  });

  it('says that a server is not there', async () => {
    const nobody = source({ v: { node: 'i=1' } }, { endpoint: `opc.tcp://127.0.0.1:${await freePort()}` });
    const { findings } = await checkLine({ source: nobody, pkiFolder, log, signal, durationMs: 0 });
    expect(findings).toEqual([
      { kind: 'fault', path: '/endpoint', message: expect.stringContaining('E_OPCUA_UNREACHABLE') },
    ]);
  });
});

describe('names', () => {
  it.each([
    ['SpindleSpeed_1', 'spindle-speed-1'],
    ['Vibration', 'vibration'],
    ['Öl Temperatur (°C)', 'öl-temperatur-c'],
    ['---', 'signal'],
  ])('of the variable %s become %s', (browseName, expected) => {
    expect(signalName(browseName)).toBe(expected);
  });

  it('of browse paths are the same after writing and reading', () => {
    const steps = [
      { namespaceUri: 'http://press.example/UA/', name: 'Press 1/left & right' },
      { namespaceUri: undefined, name: 'a&/b' },
    ];
    expect(parseBrowsePath(browsePath(steps))).toEqual(steps);
  });
});
