/**
 * A server on node-opcua with the parameters, nodes and log of bench/peers (its README.md), which besides grants as
 * little as a small controller does: `lifetimeMs` at most to a subscription, `sessionMs` to a session. With `pki`, a
 * folder for its certificate, it offers Basic256Sha256 only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  Subscription,
  setDebugLogger,
  setErrorLogger,
  setWarningLogger,
} from 'node-opcua';
import { type CounterKind, Counters } from '../peers/counters.ts';
import { PEER_NAMESPACE } from '../peers/peer-settings.ts';

const given = new Map(process.argv.slice(2).map((word) => word.split('=', 2) as [string, string]));
const setting = (name: string, fallback: number) => Number(given.get(name) ?? fallback);

for (const silence of [setWarningLogger, setErrorLogger, setDebugLogger]) silence(() => undefined);
const pki = given.get('pki');
const server = await openServer();
const namespace = server.engine.addressSpace?.registerNamespace(PEER_NAMESPACE);
if (namespace === undefined) throw new TypeError('an initialised server has an address space');
const kinds: CounterKind[] = [
  { prefix: 'Wave', count: setting('waves', 1), periodMs: setting('waveMs', 100) },
  { prefix: 'S', count: setting('scalars', 200), periodMs: setting('scalarMs', 100) },
  { prefix: 'C', count: setting('changes', 0), periodMs: setting('changeMs', 100) },
];
const counters = new Counters({
  namespace,
  kinds,
  epochMs: setting('epochMs', Date.now()),
  waveLength: setting('waveLength', 4096),
  changeOneIn: setting('changeOneIn', 10),
  logFile: given.get('log') ?? '',
});
await server.start();
process.stdout.write('ready\n');
const tickMs = Math.max(1, Math.min(...kinds.map(({ periodMs }) => periodMs)) / 5);
const timer = setInterval(() => counters.write(Date.now()), tickMs);
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
