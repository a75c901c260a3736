import type { RequestHandler } from 'express';
import { CodedError } from '../../../runtime/errors.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a path answers, by method. */
export type RouteHandlers = Readonly<Partial<Record<Method, RequestHandler>>>;

/** What is served: path, method, handler. A part of a path that begins with a colon is a parameter. */
export type RouteTable = Readonly<Record<string, RouteHandlers>>;

/** Stands for an operation of the specification that this server does not have. */
export const notBuilt: RequestHandler = (request, _response, next) => {
  next(new CodedError('E_AAS_NOT_BUILT', `${request.method} ${request.path} is not built`));
};

/**
 * A table with all its paths below another one.
 * @param except paths of the table that are left out, or methods of theirs as `delete /path`
 */
export function below(prefix: string, table: RouteTable, except: readonly string[] = []): RouteTable {
  const entries = Object.entries(table).flatMap(([path, handlers]): [string, RouteHandlers][] => {
    if (except.includes(path)) return [];
    const kept = Object.entries(handlers).filter(([method]) => !except.includes(`${method} ${path}`));
    return [[`${prefix}${path === '/' ? '' : path}`, Object.fromEntries(kept)]];
  });
  return Object.fromEntries(entries);
}

/** A table whose handlers run after another one, which refuses by throwing. */
export function guarded(
  table: RouteTable,
  guard: (request: Parameters<RequestHandler>[0]) => void,
): RouteTable {
  const wrap =
    (handler: RequestHandler): RequestHandler =>
    (request, response, next) => {
      guard(request);
      return handler(request, response, next);
    };
  return Object.fromEntries(
    Object.entries(table).map(([path, handlers]) => [
      path,
      Object.fromEntries(Object.entries(handlers).map(([method, handler]) => [method, wrap(handler)])),
    ]),
  );
}
