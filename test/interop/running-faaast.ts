import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';

/** A FA³ST service of our own. */
export interface RunningFaaast {
  /** Base URL of its API, with its prefix. */
  readonly url: string;
  stop(): Promise<void>;
}

interface Options {
  readonly jar: string;
  /** An environment to begin with, as JSON. */
  readonly model: object;
  /** Base URL of the registries at which it registers what it holds. */
  readonly registry: string;
}

const PACKAGE = 'de.fraunhofer.iosb.ilt.faaast.service';

/** Starts FA³ST on a free port, everything in memory, and waits until it answers. */
export async function startFaaast({ jar, model, registry }: Options): Promise<RunningFaaast> {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-faaast-'));
  const port = await freePort();
  const files = {
    model: join(folder, 'model.json'),
    config: join(folder, 'config.json'),
    log: join(folder, 'log'),
  };
  writeFileSync(files.model, JSON.stringify(model));
  writeFileSync(
    files.config,
    JSON.stringify({
      core: { requestHandlerThreadPoolSize: 2, aasRegistries: [registry], submodelRegistries: [registry] },
      endpoints: [
        { '@class': `${PACKAGE}.endpoint.http.HttpEndpoint`, port, sslEnabled: false, hostname: '127.0.0.1' },
      ],
      persistence: { '@class': `${PACKAGE}.persistence.memory.PersistenceInMemory` },
      fileStorage: { '@class': `${PACKAGE}.filestorage.memory.FileStorageInMemory` },
      messageBus: { '@class': `${PACKAGE}.messagebus.internal.MessageBusInternal` },
    }),
  );
  const log = openSync(files.log, 'w');
  const options = ['-Xmx512m', '-jar', jar, '-m', files.model, '-c', files.config];
  const child = spawn('java', options, { cwd: folder, stdio: ['ignore', log, log] });
  const url = `http://127.0.0.1:${port}/api/v3.0`;
  await eventually(
    async () => {
      if (child.exitCode !== null) throw new Error(readFileSync(files.log, 'utf8').slice(-2000));
      return (await fetch(`${url}/description`)).ok;
    },
    { timeoutMs: 200_000, intervalMs: 250, what: 'FA³ST' },
  );
  return {
    url,
    async stop() {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(late);
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
