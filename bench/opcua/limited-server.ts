/**
 * A server on node-opcua with the parameters, nodes and log of bench/peers (its README.md), which besides grants as
 * little as a small controller does: `lifetimeMs` at most to a subscription, `sessionMs` to a session. With `pki`, a
 * folder for its certificate, it offers Basic256Sha256 only.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DataType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  StatusCodes,
  Subscription,
  setDebugLogger,
  setErrorLogger,
  setWarningLogger,
  type UAVariable,
  Variant,
  VariantArrayType,
} from 'node-opcua';
import { PEER_NAMESPACE } from '../peers/peer-settings.ts';

/** What is later than this is left out. */
const CATCH_UP_MS = 1_000;

interface Kind {
  readonly prefix: 'Wave' | 'S' | 'C';
  readonly periodMs: number;
  readonly oneIn: number;
  readonly variables: UAVariable[];
  last: number;
}

const given = new Map(process.argv.slice(2).map((word) => word.split('=', 2) as [string, string]));
const setting = (name: string, fallback: number) => Number(given.get(name) ?? fallback);

for (const silence of [setWarningLogger, setErrorLogger, setDebugLogger]) silence(() => undefined);
const epochMs = setting('epochMs', Date.now());
const log = openSync(given.get('log') ?? '', 'a');
const waveform = Float32Array.from({ length: setting('waveLength', 4096) }, (_, index) => (index % 8) / 8);
const pki = given.get('pki');
const server = await openServer();
const kinds = [
  addKind('Wave', setting('waves', 1), setting('waveMs', 100), 1),
  addKind('S', setting('scalars', 200), setting('scalarMs', 100), 1),
  addKind('C', setting('changes', 0), setting('changeMs', 100), setting('changeOneIn', 10)),
];
await server.start();
process.stdout.write('ready\n');
const timer = setInterval(writeDue, Math.max(1, Math.min(...kinds.map(({ periodMs }) => periodMs)) / 5));
process.once('SIGTERM', async () => {
  clearInterval(timer);
  await Promise.race([server.shutdown(0), sleep(1000)]);
  process.exit(0);
});

async function openServer(): Promise<OPCUAServer> {
  Subscription.maximumLifetimeDuration = setting('lifetimeMs', Subscription.maximumLifetimeDuration);
  const opened = new OPCUAServer({
    port: setting('port', 4840),
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    securityModes: [pki === undefined ? MessageSecurityMode.None : MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [pki === undefined ? SecurityPolicy.None : SecurityPolicy.Basic256Sha256],
    ...(pki === undefined ? {} : { serverCertificateManager: certificatesIn(pki) }),
    isAuditing: false,
    maxConnectionsPerEndpoint: 100,
    serverCapabilities: { maxSessions: 100, minSupportedSampleRate: 0 },
  });
  await opened.initialize();
  const sessionMs = setting('sessionMs', Number.POSITIVE_INFINITY);
  const { engine } = opened;
  const createSession = engine.createSession.bind(engine);
  engine.createSession = (options) => {
    const session = createSession(options);
    // The library has no setting for it, and tells the client the time that it asked for.
    const watch = session._watchDogData;
    if (watch !== undefined) watch.timeout = Math.min(watch.timeout, sessionMs);
    return session;
  };
  return opened;
}

function certificatesIn(rootFolder: string): OPCUACertificateManager {
  return new OPCUACertificateManager({
    rootFolder,
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  });
}

function addKind(prefix: Kind['prefix'], count: number, periodMs: number, oneIn: number): Kind {
  const namespace = server.engine.addressSpace?.registerNamespace(PEER_NAMESPACE);
  if (namespace === undefined) throw new TypeError('an initialised server has an address space');
  const kind: Kind = { prefix, periodMs, oneIn, variables: [], last: numberAt(Date.now(), periodMs) };
  for (let index = 0; index < count; index++) {
    const variable = namespace.addVariable({
      organizedBy: 'ObjectsFolder',
      browseName: `${prefix}${index}`,
      nodeId: `s=${prefix}${index}`,
      dataType: dataTypeOf(kind),
      valueRank: prefix === 'Wave' ? 1 : -1,
      minimumSamplingInterval: 0,
      value: variantOf(kind, 0),
    });
    kind.variables.push(variable);
  }
  return kind;
}

function numberAt(timeMs: number, periodMs: number): number {
  return Math.floor((timeMs - epochMs) / periodMs);
}

function writeDue(): void {
  for (const kind of kinds) {
    if (kind.variables.length === 0) continue;
    const nowMs = Date.now();
    const end = numberAt(nowMs, kind.periodMs) + 1;
    const first = Math.max(kind.last + 1, numberAt(nowMs - CATCH_UP_MS, kind.periodMs));
    for (let number = first; number < end; number++) {
      kind.last = number;
      write(kind, number);
    }
  }
}

/** Logs first: a killed server may have logged what it never showed, not the reverse. */
function write(kind: Kind, number: number): void {
  const atMs = epochMs + number * kind.periodMs;
  const changed =
    kind.prefix === 'C'
      ? kind.variables.flatMap((variable, index) =>
          changesAt(number, index, kind.oneIn) ? [{ name: `C${index}`, variable }] : [],
        )
      : kind.variables.map((variable) => ({ name: kind.prefix.slice(0, 1), variable }));
  const names = new Set(changed.map(({ name }) => name));
  writeSync(log, [...names].map((name) => `${name} ${number} ${atMs.toFixed(4)}\n`).join(''));
  for (const { variable } of changed) {
    variable.setValueFromSource(variantOf(kind, number), StatusCodes.Good, new Date(atMs));
  }
}

function dataTypeOf({ prefix }: Pick<Kind, 'prefix'>): DataType {
  return { Wave: DataType.Float, S: DataType.Double, C: DataType.Int32 }[prefix];
}

function variantOf(kind: Kind, number: number): Variant {
  const dataType = dataTypeOf(kind);
  if (kind.prefix !== 'Wave') return new Variant({ dataType, value: number });
  const value = waveform.slice();
  value[0] = number % 2 ** 24;
  return new Variant({ dataType, arrayType: VariantArrayType.Array, value });
}

/** The same irregular times as those of the other peers. */
function changesAt(number: number, index: number, oneIn: number): boolean {
  const mixed = (Math.imul(number, 2654435761) + Math.imul(index, 40503)) >>> 0;
  return ((mixed ^ (mixed >>> 15)) >>> 0) % oneIn === 0;
}
