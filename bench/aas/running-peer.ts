import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { poll } from '../../cli/terminal/poll.ts';
import { CodedError } from '../../runtime/errors.ts';

const PACKAGE = 'de.fraunhofer.iosb.ilt.faaast.service';
/** Where FA³ST serves its API. */
export const PEER_PREFIX = '/api/v3.0';

/** FA³ST as a process, everything in its memory. */
export interface RunningPeer {
  readonly port: number;
  /** From the start of the process to its first answer. */
  readonly startMs: number;
  /** Resident memory. */
  memoryMB(): number;
  end(): Promise<void>;
}

/** Starts FA³ST's jar with an empty environment and waits for its first answer. @throws CodedError `E_PROCESS_FAILED` */
export async function startPeer(jar: string, folder: string): Promise<RunningPeer> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const config = join(folder, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      endpoints: [
        { '@class': `${PACKAGE}.endpoint.http.HttpEndpoint`, port, sslEnabled: false, hostname: '127.0.0.1' },
      ],
      persistence: { '@class': `${PACKAGE}.persistence.memory.PersistenceInMemory` },
      fileStorage: { '@class': `${PACKAGE}.filestorage.memory.FileStorageInMemory` },
      messageBus: { '@class': `${PACKAGE}.messagebus.internal.MessageBusInternal` },
    }),
  );
  const log = join(folder, 'log');
  const descriptor = openSync(log, 'w');
  const startedMs = performance.now();
  const child = spawn('java', ['-jar', jar, '-e', '-c', config], {
    cwd: folder,
    stdio: ['ignore', descriptor, descriptor],
  });
  await poll(
    async () => {
      if (child.exitCode !== null) {
        throw new CodedError('E_PROCESS_FAILED', `FA³ST ended: ${readFileSync(log, 'utf8').slice(-1000)}`);
      }
      const answer = await fetch(`http://127.0.0.1:${port}${PEER_PREFIX}/description`).catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    },
    { what: 'FA³ST', timeoutMs: 200_000, intervalMs: 50 },
  );
  return {
    port,
    startMs: performance.now() - startedMs,
    memoryMB: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1000;
    },
    end: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** FA³ST does not tell which port it took, so one is chosen for it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
