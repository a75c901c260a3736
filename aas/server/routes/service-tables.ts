import { encodeIdentifier } from '../../identifier-encoding.ts';
import type { PageLimits } from '../http/paging.ts';
import type { MountedTable } from '../http/route-finder.ts';
import { below, type RouteTable } from '../http/route-table.ts';
import { operationRoutes } from '../operations/operation-routes.ts';
import type { OperationRunner } from '../operations/operation-runner.ts';
import { packageRoutes } from '../packages/package-routes.ts';
import { serializationRoutes } from '../packages/serialization-routes.ts';
import { uploadRoutes } from '../packages/upload-routes.ts';
import { BulkJobs } from '../registry/bulk-jobs.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { attachmentRoutes } from './attachment-routes.ts';
import { bulkStateRoutes, shellBulkRoutes, submodelBulkRoutes } from './bulk-routes.ts';
import { conceptDescriptionRoutes } from './concept-description-routes.ts';
import { descriptionRoutes, type ServiceName } from './description-routes.ts';
import { discoveryRoutes } from './discovery-routes.ts';
import { elementListRoutes } from './element-list-routes.ts';
import { elementRoutes } from './element-routes.ts';
import { NOT_BUILT_ROUTES } from './not-built-routes.ts';
import { shellRegistryRoutes, submodelRegistryRoutes } from './registry-routes.ts';
import { shellListRoutes } from './shell-list-routes.ts';
import { shellRoutes } from './shell-routes.ts';
import { submodelRepositoryRoutes } from './submodel-repository-routes.ts';
import { submodelRoutes } from './submodel-routes.ts';
import { superpathRoutes } from './superpath-routes.ts';
import { thumbnailRoutes } from './thumbnail-routes.ts';

/** The objects that the single-object services serve, where these are wanted. */
export interface SingleObjects {
  /** Id of the shell at `/aas`. */
  readonly shell?: string;
  /** Id of the submodel at `/submodel`. */
  readonly submodel?: string;
}

interface TableOptions {
  readonly storage: AasStorage;
  readonly limits: PageLimits;
  readonly attachmentLimitBytes: number;
  readonly operations: OperationRunner;
  readonly single: SingleObjects;
  /** Only these are served. @defaultValue all, the single-object services if their object is set */
  readonly services?: readonly ServiceName[];
}

/** What the chosen services answer, all at one base URL. */
export function serviceTables(options: TableOptions): readonly MountedTable[] {
  const { storage, limits, attachmentLimitBytes, single } = options;
  const submodel: RouteTable = {
    ...submodelRoutes(storage),
    ...elementListRoutes(storage, limits),
    ...elementRoutes(storage),
    ...attachmentRoutes(storage, attachmentLimitBytes),
    ...operationRoutes(storage, options.operations),
  };
  const shell: RouteTable = {
    ...shellRoutes(storage, limits),
    ...thumbnailRoutes(storage, attachmentLimitBytes),
    ...below('/submodels/:submodelIdentifier', superpathRoutes(storage, submodel)),
  };
  const jobs = new BulkJobs();
  const tables: Readonly<Record<ServiceName, readonly MountedTable[]>> = {
    shells: [{ table: shellListRoutes(storage, limits) }, { table: below('/shells/:aasIdentifier', shell) }],
    submodels: [
      { table: submodelRepositoryRoutes(storage, limits) },
      { table: below('/submodels/:submodelIdentifier', submodel) },
    ],
    'concept-descriptions': [{ table: conceptDescriptionRoutes(storage, limits) }],
    'shell-registry': [
      { table: shellRegistryRoutes(storage, limits) },
      { table: shellBulkRoutes(storage, jobs) },
    ],
    'submodel-registry': [
      { table: submodelRegistryRoutes(storage, limits) },
      { table: submodelBulkRoutes(storage, jobs) },
    ],
    discovery: [{ table: discoveryRoutes(storage, limits) }],
    packages: [{ table: packageRoutes(storage, limits, attachmentLimitBytes) }],
    'single-shell': mountSingle(single.shell, 'aasIdentifier', below('/aas', shell, ['delete /'])),
    'single-submodel': mountSingle(
      single.submodel,
      'submodelIdentifier',
      below('/submodel', submodel, ['delete /']),
    ),
  };
  const names = Object.keys(tables) as ServiceName[]; // The keys are the names of the type above.
  const served = names.filter(
    (name) => tables[name].length > 0 && (options.services?.includes(name) ?? true),
  );
  const asBase = baseTable(storage, limits, served);
  const shared: MountedTable[] = [{ table: descriptionRoutes(served) }, { table: NOT_BUILT_ROUTES }];
  if (served.includes('shells')) {
    shared.push(
      { table: serializationRoutes(storage) },
      { table: uploadRoutes(storage, attachmentLimitBytes) },
    );
  }
  if (served.includes('shell-registry') || served.includes('submodel-registry')) {
    shared.push({ table: bulkStateRoutes(jobs) });
  }
  if (served.includes('single-shell')) {
    shared.push(...mountSingle(single.shell, 'aasIdentifier', below('/aas', asBase)));
  }
  if (served.includes('single-submodel')) {
    shared.push(...mountSingle(single.submodel, 'submodelIdentifier', below('/submodel', asBase)));
  }
  return [...shared, ...served.flatMap((name) => tables[name])];
}

/**
 * What tools expect of every base URL, for those that take a single object's path as one: the description, the
 * serialization, and the shells, in which the official test engine looks for ids.
 */
function baseTable(storage: AasStorage, limits: PageLimits, served: readonly ServiceName[]): RouteTable {
  const { get } = shellListRoutes(storage, limits)['/shells'] ?? {};
  return {
    ...descriptionRoutes(served),
    ...serializationRoutes(storage),
    ...(get === undefined ? {} : { '/shells': { get } }),
  };
}

function mountSingle(id: string | undefined, parameter: string, table: RouteTable): readonly MountedTable[] {
  return id === undefined ? [] : [{ table, params: { [parameter]: encodeIdentifier(id) } }];
}
