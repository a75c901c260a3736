import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the stand-in got. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What to answer; `undefined` breaks the connection without an answer. */
export type Answer = { readonly status: number; readonly body?: unknown } | undefined;

/** A real HTTP server in the place of an aggregator: it keeps what it gets, and a test says what it answers. */
export class AggregatorStandIn {
  readonly requests: SeenRequest[] = [];
  /** The bytes of model versions by number. */
  readonly versions = new Map<number, Buffer>();
  /** The bytes of strategies' states by the number of their version. */
  readonly strategyStates = new Map<number, Buffer>();
  /** Answers by method and path; the first that matches. */
  answer: (request: SeenRequest) => Answer = () => ({ status: 200, body: {} });
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Requests whose path contains a text. */
  to(text: string): SeenRequest[] {
    return this.requests.filter(({ path }) => path.includes(text));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const seen = { method, path: url, headers, body: Buffer.concat(chunks) };
    this.requests.push(seen);
    const [, number, what] = /\/versions\/(\d+)\/(weights|strategy-state)/.exec(url) ?? [];
    const files = what === 'weights' ? this.versions : this.strategyStates;
    const version = number === undefined ? undefined : files.get(Number(number));
    if (version !== undefined) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(version);
      return;
    }
    const answer = this.answer(seen);
    if (answer === undefined) {
      request.socket.destroy();
      return;
    }
    const { status, body } = answer;
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'content-type': type }).end(body === undefined ? '' : JSON.stringify(body));
  }
}

/** A problem document. */
export function problem(status: number, code: string): Answer {
  return { status, body: { type: 'about:blank', title: code, status, code, detail: `it is ${code}` } };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
