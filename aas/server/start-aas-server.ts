import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestHandler } from 'express';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { tokenAccess } from './access/token-access.ts';
import type { AasEnvironment } from './environment.ts';
import { originRule } from './http/cors.ts';
import { localGuard } from './http/local-guard.ts';
import { createRouterServer } from './http/router-server.ts';
import type { ServiceName } from './routes/description-routes.ts';
import type { RouterOptions } from './routes/router.ts';

interface AasServerOptions extends Omit<RouterOptions, 'guard' | 'allowedOrigin' | 'services'> {
  readonly environment: AasEnvironment;
  /** @defaultValue 127.0.0.1 */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Ports of their own for the registries and discovery, besides the one where everything is; 0: any free one. */
  readonly separatePorts?: SeparatePorts;
  /** Address under which others reach this server, for hrefs. @defaultValue the bound address */
  readonly externalUrl?: string;
  /** Policy for `Host` and `Origin`. @defaultValue where no token is needed, only this machine's names and allowed pages */
  readonly guard?: RequestHandler;
  /** A token that every request must show as bearer; `access` is another policy in its place. */
  readonly apiToken?: string;
  /** Origins whose pages may call besides this machine's; `*`, for all, needs a token. @defaultValue none */
  readonly allowedOrigins?: readonly string[];
}

/** As BaSyx has them: the environment at 8081, these at 8082, 8083 and 8084. */
export interface SeparatePorts {
  readonly shellRegistry: number;
  readonly submodelRegistry: number;
  readonly discovery: number;
}

/** A listening server. */
export interface AasServer {
  /** Where it is reached, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The ports that were bound for `separatePorts`. */
  readonly separatePorts?: SeparatePorts;
  /** Ends it; answers under way get a second to finish. */
  close(): Promise<void>;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];
const SERVICES = {
  shellRegistry: ['shell-registry'],
  submodelRegistry: ['submodel-registry'],
  discovery: ['discovery'],
} as const satisfies Record<keyof SeparatePorts, readonly ServiceName[]>;

/**
 * Serves an environment at the root of a port of its own.
 * @throws CodedError `E_PORT_IN_USE`, `E_HOST_WITHOUT_TOKEN` for an address beyond this machine without a policy,
 * `E_INVALID_INPUT` for origins that cannot be allowed
 */
export async function startAasServer(options: AasServerOptions): Promise<AasServer> {
  const { environment, host = '127.0.0.1', port, externalUrl, apiToken, allowedOrigins, ...rest } = options;
  const { guard, separatePorts, access: givenAccess, ...routerOptions } = rest;
  const access = givenAccess ?? (apiToken === undefined ? undefined : tokenAccess(apiToken));
  if (access === undefined && guard === undefined && !LOOPBACK.includes(host)) {
    throw new CodedError('E_HOST_WITHOUT_TOKEN', `the AAS is served on ${host} only with an access policy`);
  }
  const allowedOrigin = originRule(allowedOrigins ?? [], access !== undefined);
  const hosts: string[] = externalUrl === undefined ? [] : [new URL(externalUrl).host];
  const ownGuard = guard ?? (access === undefined ? localGuard(() => hosts, allowedOrigin) : undefined);
  const open = async (at: number, services?: readonly ServiceName[]) => {
    const server = createRouterServer(
      environment.router({
        ...routerOptions,
        allowedOrigin,
        ...(ownGuard === undefined ? {} : { guard: ownGuard }),
        ...(access === undefined ? {} : { access }),
        ...(services === undefined ? {} : { services }),
      }),
    );
    await listen(server, host, at);
    // A server that listens on a port has an address of this kind.
    const { port } = server.address() as AddressInfo;
    hosts.push(...['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`));
    return { server, port };
  };

  const servers: Server[] = [];
  try {
    const main = await open(port);
    servers.push(main.server);
    const ports: Partial<Record<keyof SeparatePorts, number>> = {};
    for (const [name, services] of Object.entries(SERVICES)) {
      const key = name as keyof SeparatePorts; // The keys of SERVICES are of this type.
      const wanted = separatePorts?.[key];
      if (wanted === undefined) continue;
      const opened = await open(wanted, services);
      servers.push(opened.server);
      ports[key] = opened.port;
    }
    const address = host.includes(':') ? `[${host}]` : host;
    const url = (externalUrl ?? `http://${address}:${main.port}`).replace(/\/+$/, '');
    environment.setBaseUrl(url);
    return {
      url,
      port: main.port,
      // All three are wanted or none, and those wanted are bound.
      ...(separatePorts === undefined ? {} : { separatePorts: ports as SeparatePorts }),
      close: async () => {
        await Promise.all(servers.map(close));
      },
    };
  } catch (thrown) {
    await Promise.all(servers.map(close));
    throw thrown;
  }
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
