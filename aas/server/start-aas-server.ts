import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import type { AasEnvironment } from './environment.ts';
import { localGuard } from './http/local-guard.ts';
import type { RouterOptions } from './routes/router.ts';

interface AasServerOptions extends Omit<RouterOptions, 'guard'> {
  readonly environment: AasEnvironment;
  /** @defaultValue 127.0.0.1 */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Address under which others reach this server, for hrefs. @defaultValue the bound address */
  readonly externalUrl?: string;
  /** Policy of the caller: `Host`, `Origin`, token. @defaultValue only this machine's names and pages */
  readonly guard?: RequestHandler;
}

/** A listening server. */
export interface AasServer {
  /** Where it is reached, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Ends it; answers under way get a second to finish. */
  close(): Promise<void>;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * Serves an environment at the root of a port of its own.
 * @throws CodedError `E_PORT_IN_USE`, `E_HOST_WITHOUT_TOKEN` for an address beyond this machine without a guard
 */
export async function startAasServer(options: AasServerOptions): Promise<AasServer> {
  const { environment, host = '127.0.0.1', port, externalUrl, guard, ...routerOptions } = options;
  if (guard === undefined && !LOOPBACK.includes(host)) {
    throw new CodedError('E_HOST_WITHOUT_TOKEN', `the AAS is served on ${host} only with an access policy`);
  }
  const hosts: string[] = externalUrl === undefined ? [] : [new URL(externalUrl).host];
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(environment.router({ ...routerOptions, guard: guard ?? localGuard(() => hosts) }));
  const server = createServer(app);
  await listen(server, host, port);
  // A server that listens on a port has an address of this kind.
  const bound = server.address() as AddressInfo;
  hosts.push(...['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${bound.port}`));
  const address = host.includes(':') ? `[${host}]` : host;
  const url = (externalUrl ?? `http://${address}:${bound.port}`).replace(/\/+$/, '');
  environment.setBaseUrl(url);
  return { url, port: bound.port, close: () => close(server) };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(toCodedError(error)));
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), 1000);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
