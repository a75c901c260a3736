import express, { type Router } from 'express';
import type { PageLimits } from '../http/paging.ts';
import { serveRoutes } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { attachmentRoutes } from './attachment-routes.ts';
import { elementRoutes } from './element-routes.ts';
import { NOT_BUILT_SUBMODEL_ROUTES } from './not-built-routes.ts';
import { submodelRoutes } from './submodel-routes.ts';

/** All that is served below one submodel, whether it is reached directly or through a shell. */
export function submodelRouter(
  storage: AasStorage,
  limits: PageLimits,
  attachmentLimitBytes: number,
): Router {
  const router = express.Router({ mergeParams: true });
  serveRoutes(router, NOT_BUILT_SUBMODEL_ROUTES);
  serveRoutes(router, submodelRoutes(storage));
  serveRoutes(router, attachmentRoutes(storage, attachmentLimitBytes));
  serveRoutes(router, elementRoutes(storage, limits));
  return router;
}
