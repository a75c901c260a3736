import express, { type RequestHandler, type Router } from 'express';
import type { Log } from '../../../runtime/log.ts';
import { allowOrigins, isLocalOrigin } from '../http/cors.ts';
import { answerError, answerUnknownPath } from '../http/result-body.ts';
import { serveRoutes } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { descriptionRoutes } from './description-routes.ts';
import { discoveryRoutes } from './discovery-routes.ts';
import { NOT_BUILT_ROUTES } from './not-built-routes.ts';
import { registryRoutes } from './registry-routes.ts';
import { requireReference, shellRoutes } from './shell-routes.ts';
import { submodelRepositoryRoutes } from './submodel-repository-routes.ts';
import { submodelRouter } from './submodel-router.ts';

/** Limits and policy of the environment's HTTP side. */
export interface RouterOptions {
  /** Runs before every request: `Host`, `Origin`, token. It refuses by `next(new CodedError(…))`. @defaultValue none */
  readonly guard?: RequestHandler;
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
}

/** The environment's routes: all services at one base URL, as BaSyx's clients and UIs expect them. */
export function createRouter(storage: AasStorage, log: Log, options: RouterOptions): Router {
  const limits = {
    defaultPageSize: options.defaultPageSize ?? 100,
    maximumPageSize: options.maximumPageSize ?? 1000,
  };
  const router = express.Router();
  router.use(allowOrigins(options.allowedOrigin ?? isLocalOrigin));
  if (options.guard !== undefined) router.use(options.guard);
  router.use(
    express.json({
      limit: options.bodyLimitBytes ?? 64 * 1024 * 1024,
      strict: false,
      type: ['application/json', 'application/*+json'],
    }),
  );
  serveRoutes(router, descriptionRoutes);
  serveRoutes(router, NOT_BUILT_ROUTES);
  serveRoutes(router, shellRoutes(storage, limits));
  serveRoutes(router, submodelRepositoryRoutes(storage, limits));
  const submodel = submodelRouter(storage, limits, options.attachmentLimitBytes ?? 1024 ** 3);
  router.use('/submodels/:submodelIdentifier', submodel);
  router.use('/shells/:aasIdentifier/submodels/:submodelIdentifier', requireReference(storage), submodel);
  serveRoutes(router, registryRoutes(storage, limits));
  serveRoutes(router, discoveryRoutes(storage, limits));
  router.use(answerUnknownPath);
  router.use(answerError(log));
  return router;
}
