/** The simulator's server with a peer's parameters, nodes and log (README.md). */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setDebugLogger, setErrorLogger, setWarningLogger } from 'node-opcua';
import { openServer } from '../../simulator/open-server.ts';
import { type CounterKind, Counters } from './counters.ts';
import { PEER_NAMESPACE } from './peer-settings.ts';

for (const silence of [setWarningLogger, setErrorLogger, setDebugLogger]) silence(() => undefined);

const given = new Map(process.argv.slice(2).map((word): [string, string] => splitAt(word)));
const text = (name: string) => given.get(name);
const number = (name: string, fallback: number) => Number(given.get(name) ?? fallback);
const [certificateFile, privateKeyFile, userName] = [text('certificate'), text('key'), text('user')];
const trusted = text('trusted');

const server = await openServer({
  port: number('port', 4840),
  resourcePath: '',
  pkiFolder: mkdtempSync(join(tmpdir(), 'fedshell-peer-')),
  offersNone: certificateFile === undefined,
  ...(certificateFile === undefined || privateKeyFile === undefined
    ? {}
    : { identity: { certificateFile, privateKeyFile, applicationUri: text('applicationUri') ?? '' } }),
  ...(userName === undefined ? {} : { user: { name: userName, password: text('password') ?? '' } }),
  ...(trusted === undefined ? {} : { trustedClient: readFileSync(trusted) }),
});
const namespace = server.engine.addressSpace?.registerNamespace(PEER_NAMESPACE);
if (namespace === undefined) throw new TypeError('an initialised server has an address space');
const kinds: CounterKind[] = [
  { prefix: 'Wave', count: number('waves', 1), periodMs: number('waveMs', 100) },
  { prefix: 'S', count: number('scalars', 200), periodMs: number('scalarMs', 100) },
  { prefix: 'C', count: number('changes', 0), periodMs: number('changeMs', 100) },
];
const counters = new Counters({
  namespace,
  kinds,
  epochMs: number('epochMs', Date.now()),
  waveLength: number('waveLength', 4096),
  changeOneIn: number('changeOneIn', 10),
  logFile: text('log') ?? '',
});
await server.start();
process.stdout.write('ready\n');
const shortestMs = Math.min(50, ...kinds.filter(({ count }) => count > 0).map(({ periodMs }) => periodMs));
setInterval(() => counters.write(Date.now()), Math.max(1, shortestMs / 5));
process.once('SIGTERM', () => void server.shutdown(0).then(() => process.exit(0)));

function splitAt(word: string): [string, string] {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}
