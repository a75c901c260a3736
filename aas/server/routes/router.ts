import express, { type RequestHandler, type Router } from 'express';
import type { Log } from '../../../runtime/log.ts';
import { type AccessControl, openAccess } from '../access/access-control.ts';
import { allowOrigins, isLocalOrigin } from '../http/cors.ts';
import { dispatch } from '../http/dispatch.ts';
import { answerError } from '../http/result-body.ts';
import { RouteFinder } from '../http/route-finder.ts';
import { InProcessOperations } from '../operations/in-process-operations.ts';
import { OperationHandlers } from '../operations/operation-handlers.ts';
import type { OperationRunner } from '../operations/operation-runner.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { ServiceName } from './description-routes.ts';
import { type SingleObjects, serviceTables } from './service-tables.ts';

/** Limits and policy of the environment's HTTP side. */
export interface RouterOptions {
  /** Runs before every request: whether `Host` and `Origin` are ours. It refuses by `next(new CodedError(…))`. @defaultValue none */
  readonly guard?: RequestHandler;
  /** Who calls, and what the caller may. @defaultValue everybody may everything */
  readonly access?: AccessControl;
  /** Which pages may read answers. @defaultValue pages of this machine */
  readonly allowedOrigin?: (origin: string) => boolean;
  /** Entries of a page when the caller names no limit. @defaultValue 100 */
  readonly defaultPageSize?: number;
  /** The most entries of a page. @defaultValue 1000 */
  readonly maximumPageSize?: number;
  /** Longest JSON body in bytes. @defaultValue 64 MiB */
  readonly bodyLimitBytes?: number;
  /** Longest attachment in bytes, of the file alone. @defaultValue 1 GiB */
  readonly attachmentLimitBytes?: number;
  /** What runs operations. @defaultValue nothing: an invocation answers 501 */
  readonly operations?: OperationRunner;
  /** What the single-object services at `/aas` and `/submodel` serve. @defaultValue nothing: they are not there */
  readonly single?: SingleObjects;
  /** The services of this router. @defaultValue all */
  readonly services?: readonly ServiceName[];
}

/**
 * The environment's services at one base URL, as BaSyx's clients and UIs expect them, at the root and below `/api/v3`,
 * `/api/v3.0` and `/api/v3.1`.
 */
export function createRouter(storage: AasStorage, log: Log, options: RouterOptions): Router {
  const { single = {}, services } = options;
  const tables = serviceTables({
    storage,
    limits: {
      defaultPageSize: options.defaultPageSize ?? 100,
      maximumPageSize: options.maximumPageSize ?? 1000,
    },
    attachmentLimitBytes: options.attachmentLimitBytes ?? 1024 ** 3,
    operations: options.operations ?? new InProcessOperations(new OperationHandlers()),
    single,
    ...(services === undefined ? {} : { services }),
  });
  const router = express.Router();
  router.use(allowOrigins(options.allowedOrigin ?? isLocalOrigin));
  if (options.guard !== undefined) router.use(options.guard);
  router.use(
    dispatch({
      routes: new RouteFinder(tables),
      access: options.access ?? openAccess,
      bodyLimitBytes: options.bodyLimitBytes ?? 64 * 1024 * 1024,
    }),
  );
  router.use(answerError(log));
  return router;
}
