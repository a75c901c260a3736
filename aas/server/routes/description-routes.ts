import type { RouteTable } from '../http/route-table.ts';

const profile = (name: string, number: string, versions: readonly string[]) =>
  versions.map(
    (version) => `https://admin-shell.io/aas/API/${version}/${name}ServiceSpecification/SSP-${number}`,
  );

/** The profiles (IDTA-01002) of which every operation is served; the repositories' are not complete yet. */
const PROFILES: readonly string[] = [
  ...profile('AssetAdministrationShellRegistry', '001', ['3/0', '3/1']),
  ...profile('AssetAdministrationShellRegistry', '002', ['3/0', '3/1']),
  ...profile('AssetAdministrationShellRegistry', '005', ['3/1']),
  ...profile('SubmodelRegistry', '001', ['3/0', '3/1']),
  ...profile('SubmodelRegistry', '002', ['3/0', '3/1']),
  ...profile('Discovery', '002', ['3/1']),
];

/** `/description`: what this server can do. */
export const descriptionRoutes: RouteTable = {
  '/description': {
    get: (_request, response) => {
      response.json({ profiles: PROFILES });
    },
  },
};
