import { notBuilt, type RouteTable } from '../http/route-table.ts';

const object = { get: notBuilt, put: notBuilt, delete: notBuilt };
const collection = { get: notBuilt, post: notBuilt };
const post = { post: notBuilt };
const get = { get: notBuilt };
const bulk = { post: notBuilt, put: notBuilt, delete: notBuilt };

/** Operations of the specification that this server does not have; it says so instead of "not found". */
export const NOT_BUILT_ROUTES: RouteTable = {
  '/shells/$reference': get,
  '/shells/:aasIdentifier/$reference': get,
  '/shells/:aasIdentifier/asset-information/thumbnail': object,
  '/submodels/$metadata': get,
  '/submodels/$value': get,
  '/submodels/$reference': get,
  '/submodels/$path': get,
  '/concept-descriptions': collection,
  '/concept-descriptions/:cdIdentifier': object,
  '/packages': collection,
  '/packages/:packageId': object,
  '/serialization': get,
  '/bulk/shell-descriptors': bulk,
  '/bulk/submodel-descriptors': bulk,
  '/bulk/status/:handleId': get,
  '/bulk/result/:handleId': get,
  '/query/shells': post,
  '/query/submodels': post,
  '/query/concept-descriptions': post,
  '/query/shell-descriptors': post,
  '/query/submodel-descriptors': post,
  '/upload': post,
};

/** The same below one submodel. */
export const NOT_BUILT_SUBMODEL_ROUTES: RouteTable = {
  '/submodel-elements/$metadata': get,
  '/submodel-elements/$value': get,
  '/submodel-elements/$reference': get,
  '/submodel-elements/$path': get,
  '/submodel-elements/:idShortPath/invoke': post,
  '/submodel-elements/:idShortPath/invoke/$value': post,
  '/submodel-elements/:idShortPath/invoke-async': post,
  '/submodel-elements/:idShortPath/invoke-async/$value': post,
  '/submodel-elements/:idShortPath/operation-status/:handleId': get,
  '/submodel-elements/:idShortPath/operation-results/:handleId': get,
  '/submodel-elements/:idShortPath/operation-results/:handleId/$value': get,
};
