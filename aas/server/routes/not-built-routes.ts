import { notBuilt, type RouteTable } from '../http/route-table.ts';

/** The query language comes later; the server says so instead of "not found". */
export const NOT_BUILT_ROUTES: RouteTable = {
  '/query/shells': { post: notBuilt },
  '/query/submodels': { post: notBuilt },
  '/query/concept-descriptions': { post: notBuilt },
  '/query/shell-descriptors': { post: notBuilt },
  '/query/submodel-descriptors': { post: notBuilt },
};
