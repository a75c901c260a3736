import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { parseFault } from './fault.ts';
import type { FaultBoard } from './fault-board.ts';

/** No fault is longer. */
const LARGEST_BODY_BYTES = 10_000;

interface FaultServerOptions {
  /** TCP port of 127.0.0.1; 0 for any free one. */
  readonly port: number;
  readonly board: FaultBoard;
  readonly machines: readonly string[];
  /** The state of the line for `GET /line`. */
  readonly line: () => object;
}

/** Takes faults over HTTP: `GET` and `POST /faults`, `DELETE /faults/ID`, `GET /line` (docs/simulator.md). */
export async function startFaultServer(
  options: FaultServerOptions,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    void answer(options, request).then(
      ({ status, body }) => send(response, status, 'application/json', body),
      (thrown: unknown) => {
        const { code, message, status, faults } = toCodedError(thrown);
        const problem = { type: `urn:fedshell:error:${code}`, title: message, status, code, faults };
        send(response, status, 'application/problem+json', problem);
      },
    );
  });
  try {
    server.listen(options.port, '127.0.0.1');
    await once(server, 'listening');
  } catch (cause) {
    throw new CodedError('E_PORT_IN_USE', `port ${options.port} of 127.0.0.1 cannot be used`, { cause });
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  { board, machines, line }: FaultServerOptions,
  request: IncomingMessage,
): Promise<{ status: number; body: object }> {
  // A web page under a name of its own that leads here would be of the same origin.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
    throw new CodedError('E_FOREIGN_HOST', 'only this machine may ask');
  }
  const [, resource, id] = /^\/(faults|line)(?:\/(\d+))?$/.exec(request.url ?? '') ?? [];
  const { method } = request;
  if (resource === 'line' && id === undefined && method === 'GET') return { status: 200, body: line() };
  if (resource === 'faults' && id === undefined && method === 'GET')
    return { status: 200, body: board.records };
  if (resource === 'faults' && id === undefined && method === 'POST') {
    return { status: 201, body: await board.begin(parseFault(await jsonOf(request), machines)) };
  }
  if (resource === 'faults' && id !== undefined && method === 'DELETE') {
    return { status: 200, body: await board.end(Number(id)) };
  }
  throw new CodedError('E_NOT_FOUND', `there is no ${method} ${request.url}`);
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  // Pages of other origins cannot send this type without being allowed to.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new CodedError('E_INVALID_INPUT', 'the body must be application/json');
  }
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > LARGEST_BODY_BYTES) throw new CodedError('E_INVALID_INPUT', 'the body is too long');
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', 'the body is no JSON', { cause });
  }
}

function send(response: ServerResponse, status: number, type: string, body: object): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}
