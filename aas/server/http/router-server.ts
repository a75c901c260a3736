import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import express, { type Request, type Response, type Router } from 'express';

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
  return createServer(classes, (plainRequest, plainResponse) => {
    // They have express's prototypes, and `locals` and `res` are what an application adds to them.
    const request = plainRequest as unknown as Request;
    const response = plainResponse as unknown as Response;
    request.res = response;
    response.locals = {};
    // The router answers every path and fault itself; what reaches this came too late for an answer.
    router(request, response, () => response.destroy());
  });
}
