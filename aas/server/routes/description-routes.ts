import type { RouteTable } from '../http/route-table.ts';

const VERSIONS = ['3/0', '3/1'] as const;
const ONLY_3_1 = ['3/1'] as const;

const profile = (name: string, number: string, versions: readonly string[] = VERSIONS) =>
  versions.map(
    (version) => `https://admin-shell.io/aas/API/${version}/${name}ServiceSpecification/SSP-${number}`,
  );

/** Profiles (IDTA-01002) by service. The 3/0 ids are those that API 3.0 has: none for bulk and what came with 3.1. */
const PROFILES = {
  shells: [
    ...profile('AssetAdministrationShellRepository', '001'),
    ...profile('AssetAdministrationShellRepository', '002'),
  ],
  submodels: [...profile('SubmodelRepository', '001'), ...profile('SubmodelRepository', '002')],
  'concept-descriptions': profile('ConceptDescriptionRepository', '001'),
  'shell-registry': [
    ...profile('AssetAdministrationShellRegistry', '001'),
    ...profile('AssetAdministrationShellRegistry', '002'),
    ...profile('AssetAdministrationShellRegistry', '003', ONLY_3_1),
    ...profile('AssetAdministrationShellRegistry', '005', ONLY_3_1),
  ],
  'submodel-registry': [
    ...profile('SubmodelRegistry', '001'),
    ...profile('SubmodelRegistry', '002'),
    ...profile('SubmodelRegistry', '003', ONLY_3_1),
  ],
  discovery: [...profile('Discovery', '001'), ...profile('Discovery', '002', ONLY_3_1)],
  packages: profile('AasxFileServer', '001'),
  'single-shell': [
    ...profile('AssetAdministrationShell', '001'),
    ...profile('AssetAdministrationShell', '002'),
  ],
  'single-submodel': [
    ...profile('Submodel', '001'),
    ...profile('Submodel', '002'),
    ...profile('Submodel', '003'),
  ],
} as const satisfies Record<string, readonly string[]>;

/** A service of the specification that an environment can serve. */
export type ServiceName = keyof typeof PROFILES;

/** `/description`: exactly what this server, or this port of it, serves. */
export function descriptionRoutes(services: readonly ServiceName[]): RouteTable {
  const profiles = services.flatMap((service) => PROFILES[service]);
  return {
    '/description': {
      get: (_request, response) => {
        response.json({ profiles });
      },
    },
  };
}
