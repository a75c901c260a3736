import { createServer, type Server } from 'node:http';
import { toCodedError } from '../../runtime/errors.ts';

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** A running server of metrics. */
export interface MetricsServer {
  /** Such as `http://127.0.0.1:9400/metrics`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `text` as /metrics on 127.0.0.1.
 * @param port 0 for any free one.
 * @throws CodedError `E_PORT_IN_USE`
 */
export async function serveMetrics(port: number, text: () => Promise<string>): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    // Any other name leads here by a trick, such as a web page whose name resolves to this machine.
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const status = !LOOPBACK_NAMES.includes(host) ? 403 : request.url === '/metrics' ? 200 : 404;
    response.statusCode = request.method === 'GET' || status !== 200 ? status : 405;
    if (response.statusCode !== 200) {
      response.end();
      return;
    }
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    void text().then(
      (body) => response.end(body),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, port);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(toCodedError(error)));
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
