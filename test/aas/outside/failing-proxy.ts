import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that came by. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
}

/** A server before another one that answers some requests itself. */
export interface FailingProxy {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** Status to answer a request with instead of passing it on; undefined passes it on. */
  answer: (request: SeenRequest) => number | undefined;
  close(): Promise<void>;
}

/** Starts a proxy on a free port. @param target asked anew for each request, so that it may move */
export async function startFailingProxy(target: () => string): Promise<FailingProxy> {
  const proxy = { seen: [] as SeenRequest[], answer: (_: SeenRequest): number | undefined => undefined };
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const seen = { method: request.method ?? '', path: request.url ?? '' };
    proxy.seen.push(seen);
    const status = result.answer(seen);
    if (status !== undefined) {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ messages: [{ messageType: 'Error', text: 'the proxy says no' }] }));
      return;
    }
    try {
      const type = request.headers['content-type'];
      const answer = await fetch(`${target()}${seen.path}`, {
        method: seen.method,
        headers: type === undefined ? {} : { 'content-type': type },
        ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
      });
      response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const result: FailingProxy = Object.assign(proxy, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  return result;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
