import express, { type Request, type RequestHandler } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import type { AccessControl } from '../access/access-control.ts';
import { accessedObject, rightOf } from '../access/accessed-object.ts';
import type { FoundRoute, RouteFinder } from './route-finder.ts';
import type { Method } from './route-table.ts';

interface DispatchOptions {
  readonly routes: RouteFinder;
  readonly access: AccessControl;
  /** Longest JSON body. */
  readonly bodyLimitBytes: number;
}

/** Paths are the same at the root and below these; IDTA-01002 recommends the first. */
const PREFIX = /^\/api\/v3(\.[01])?(?=\/|$)/;
const METHODS: Readonly<Record<string, Method>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'post',
  PUT: 'put',
  PATCH: 'patch',
  DELETE: 'delete',
};

/**
 * Leads a request to its handler: finds the route, asks whether the caller may, and only then reads the body. Whatever
 * a handler throws goes to the error handler.
 */
export function dispatch({ routes, access, bodyLimitBytes }: DispatchOptions): RequestHandler {
  const readJson = express.json({
    limit: bodyLimitBytes,
    strict: false,
    type: ['application/json', 'application/*+json'],
  });
  return async (request, response, next) => {
    const caller = access.identify(request);
    const method = METHODS[request.method];
    const found = routes.find(pathOf(request));
    requireAccess(access, {
      caller,
      operation: rightOf(method ?? 'get', found?.pattern ?? ''),
      route: found?.pattern,
      object: found === undefined ? {} : accessedObject(found.params),
    });
    if (found === undefined) {
      throw new CodedError('E_AAS_NOT_FOUND', `nothing is served at ${request.path}`);
    }
    const handler = method === undefined ? undefined : found.handlers[method];
    if (handler === undefined) {
      const allowed = allowedMethods(found);
      response.set('Allow', allowed);
      throw new CodedError('E_AAS_WRONG_METHOD', `${request.path} answers ${allowed}, not ${request.method}`);
    }
    request.params = { ...found.params };
    if (method !== 'get') {
      await new Promise<void>((resolve, reject) => {
        readJson(request, response, (thrown: unknown) => (thrown === undefined ? resolve() : reject(thrown)));
      });
    }
    await handler(request, response, next);
  };
}

/** The path below any prefix. */
function pathOf(request: Request): string {
  return request.path.replace(PREFIX, '');
}

/** @throws CodedError `E_UNAUTHORIZED`, `E_FORBIDDEN` */
function requireAccess(access: AccessControl, question: Parameters<AccessControl['decide']>[0]): void {
  const decision = access.decide(question);
  if (decision === 'authenticate')
    throw new CodedError('E_UNAUTHORIZED', 'this needs a bearer that is known here');
  if (decision === 'refuse') {
    throw new CodedError('E_FORBIDDEN', `the caller has no right to ${question.operation} here`);
  }
}

function allowedMethods(found: FoundRoute): string {
  return Object.keys(found.handlers)
    .map((method) => method.toUpperCase())
    .join(', ');
}
