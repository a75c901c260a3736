import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { CodedError, toCodedError } from '../../../runtime/errors.ts';

/** A large update over a slow line takes its time. */
const LONGEST_REQUEST_MS = 3_600_000;
/** Longer than the pauses of a trainer, which keeps its connections. */
const KEEP_ALIVE_MS = 65_000;
/** How long open requests may take when the server closes. */
const CLOSE_GRACE_MS = 3000;

/** A server that listens. */
export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on the address; port 0 takes any free one. @throws CodedError `E_PORT_IN_USE` */
export async function listen(app: Express, host: string, port: number): Promise<Listening> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: LONGEST_REQUEST_MS }, app);
  server.on('checkContinue', (request, response) => {
    // Who takes a file says so when it begins to read: a refused sender keeps its megabytes.
    if (request.headers['content-type'] !== 'application/octet-stream') response.writeContinue();
    app(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown) => {
      const error = toCodedError(thrown);
      reject(
        error.code === 'E_PORT_IN_USE'
          ? new CodedError('E_PORT_IN_USE', `port ${port} on ${host} is taken by another program`, {
              cause: thrown,
            })
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
  // A listening TCP server has an address of this form.
  const address = server.address() as AddressInfo;
  return { port: address.port, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
