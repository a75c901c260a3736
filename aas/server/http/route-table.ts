import type { RequestHandler, Router } from 'express';
import { CodedError } from '../../../runtime/errors.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What is served: path, method, handler. */
export type RouteTable = Readonly<Record<string, Readonly<Partial<Record<Method, RequestHandler>>>>>;

/** Stands for an operation of the specification that this server does not have. */
export const notBuilt: RequestHandler = (request, _response, next) => {
  next(new CodedError('E_AAS_NOT_BUILT', `${request.method} ${request.path} is not built`));
};

/** Adds a table to a router; other methods of its paths answer 405. */
export function serveRoutes(router: Router, table: RouteTable): void {
  for (const [path, handlers] of Object.entries(table)) {
    const methods = Object.entries(handlers);
    const route = router.route(path);
    // The keys are the methods of the type above.
    for (const [method, handler] of methods) route[method as Method](handler);
    const allowed = methods.map(([method]) => method.toUpperCase()).join(', ');
    route.all((request, response, next) => {
      response.set('Allow', allowed);
      next(new CodedError('E_AAS_WRONG_METHOD', `${request.path} answers ${allowed}, not ${request.method}`));
    });
  }
}
