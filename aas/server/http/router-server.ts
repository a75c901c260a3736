import { createServer, IncomingMessage, maxHeaderSize, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import express, { type Request, type Response, type Router } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { resultBody } from './result-body.ts';

/**
 * A server for one router, without an express application around it. An application gives each request and response its
 * methods by changing their prototypes, after which the engine runs all code that touches them slowly: more than half
 * of the time of a short answer. Here they are made with those prototypes.
 */
export function createRouterServer(router: Router): Server {
  // The methods ask their application for settings; it serves nothing itself.
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  class RouterRequest extends IncomingMessage {}
  class RouterResponse extends ServerResponse {}
  Object.setPrototypeOf(RouterRequest.prototype, app.request);
  Object.setPrototypeOf(RouterResponse.prototype, app.response);
  const classes = { IncomingMessage: RouterRequest, ServerResponse: RouterResponse };
  const server = createServer(classes, (plainRequest, plainResponse) => {
    // They have express's prototypes, and `locals` and `res` are what an application adds to them.
    const request = plainRequest as unknown as Request;
    const response = plainResponse as unknown as Response;
    request.res = response;
    response.locals = {};
    // The router answers every path and fault itself; what reaches this came too late for an answer.
    router(request, response, () => response.destroy());
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerUnreadable(error, socket));
  return server;
}

/** Answers what is no HTTP, or more of it than the engine reads, as every refusal is answered. */
function answerUnreadable({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const isTooLong = code === 'HPE_HEADER_OVERFLOW';
  const error = new CodedError(
    'E_INVALID_INPUT',
    isTooLong
      ? `path and headers may have ${maxHeaderSize} bytes together`
      : `the request is no HTTP that can be read (${code ?? 'unknown'})`,
  );
  const body = JSON.stringify(resultBody(error));
  const head = [
    isTooLong ? 'HTTP/1.1 431 Request Header Fields Too Large' : 'HTTP/1.1 400 Bad Request',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
