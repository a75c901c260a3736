import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { type AasEnvironment, openEnvironment } from '../../aas/server/environment.ts';
import { type AasServer, startAasServer } from '../../aas/server/start-aas-server.ts';
import { silentLog } from '../../runtime/log.ts';

type ServerOptions = Omit<Parameters<typeof startAasServer>[0], 'environment' | 'port'>;

/** An environment in a folder of its own, served on a free port. */
export interface RunningEnvironment {
  readonly folder: string;
  readonly environment: AasEnvironment;
  readonly server: AasServer;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Ends the server and opens the same folder again. */
  restart(): Promise<RunningEnvironment>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers of every shape; what they expect there is what they assert.
  readonly body: ReturnType<typeof JSON.parse>;
}

export async function runEnvironment(options: ServerOptions = {}, at?: string): Promise<RunningEnvironment> {
  const folder = at ?? mkdtempSync(join(tmpdir(), 'fedshell-aas-'));
  const environment = await openEnvironment({ folder, log: silentLog });
  const server = await startAasServer({ environment, port: 0, ...options });
  const end = async () => {
    await server.close();
    environment.close();
  };
  return {
    folder,
    environment,
    server,
    call: (method, path, body, headers) => call(`${server.url}${path}`, method, body, headers),
    async restart() {
      await end();
      return runEnvironment(options, folder);
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function call(url: string, method: string, body?: unknown, headers = {}): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** Path of a submodel, and of something below it. */
export function submodelPath(id: string, below = ''): string {
  return `/submodels/${encodeIdentifier(id)}${below}`;
}

/** Path of an element, and of something below it. */
export function elementPath(id: string, idShortPath: string, below = ''): string {
  return submodelPath(id, `/submodel-elements/${encodeURIComponent(idShortPath)}${below}`);
}

export const text = (idShort: string, value: string) => ({
  modelType: 'Property',
  idShort,
  valueType: 'xs:string',
  value,
});

export const integer = (idShort: string, value: number) => ({
  modelType: 'Property',
  idShort,
  valueType: 'xs:int',
  value: String(value),
});

export const submodel = (id: string, submodelElements: readonly object[], more: object = {}) => ({
  modelType: 'Submodel',
  id,
  idShort: 'Example',
  ...more,
  ...(submodelElements.length === 0 ? {} : { submodelElements }),
});
