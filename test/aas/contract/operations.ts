/**
 * The operations of IDTA-01002 3.1.2 by profile, with the 2xx, 3xx and 4xx that the specification lists for each. 401
 * and 403 are left out: every operation has both. A line is method, path, statuses.
 */

/** One operation of a profile. */
export interface Operation {
  readonly profile: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As the specification writes it, with `{parameters}`. */
  readonly path: string;
  readonly statuses: readonly number[];
}

const ELEMENTS = `
GET /submodel-elements 200 400 404
POST /submodel-elements 201 400 404 409
GET /submodel-elements/$metadata 200 400 404
GET /submodel-elements/$value 200 400 404
GET /submodel-elements/$reference 200 400 404
GET /submodel-elements/$path 200 400 404
GET /submodel-elements/{idShortPath} 200 400 404
POST /submodel-elements/{idShortPath} 201 400 404 409
PUT /submodel-elements/{idShortPath} 201 204 400 404
PATCH /submodel-elements/{idShortPath} 204 400 404
DELETE /submodel-elements/{idShortPath} 204 400 404
GET /submodel-elements/{idShortPath}/$metadata 200 400 404
PATCH /submodel-elements/{idShortPath}/$metadata 204 400 404
GET /submodel-elements/{idShortPath}/$value 200 400 404
PATCH /submodel-elements/{idShortPath}/$value 204 400 404
GET /submodel-elements/{idShortPath}/$reference 200 400 404
GET /submodel-elements/{idShortPath}/$path 200 400 404
GET /submodel-elements/{idShortPath}/attachment 200 400 404 405
PUT /submodel-elements/{idShortPath}/attachment 204 400 404 405
DELETE /submodel-elements/{idShortPath}/attachment 200 400 404
POST /submodel-elements/{idShortPath}/invoke 200 400 404 405
POST /submodel-elements/{idShortPath}/invoke/$value 200 400 404 405
POST /submodel-elements/{idShortPath}/invoke-async 202 400 404 405
POST /submodel-elements/{idShortPath}/invoke-async/$value 202 400 404 405
GET /submodel-elements/{idShortPath}/operation-status/{handleId} 200 302 400 404
GET /submodel-elements/{idShortPath}/operation-results/{handleId} 200 400 404
GET /submodel-elements/{idShortPath}/operation-results/{handleId}/$value 200 400 404`;

const SUBMODEL_FORMS = `
GET /$metadata 200 400 404
PATCH /$metadata 204 400 404
GET /$value 200 400 404
PATCH /$value 204 400 404
GET /$reference 200 400 404
GET /$path 200 400 404`;

const SUBMODEL = `
GET / 200 400 404
PUT / 201 204 400
PATCH / 204 400 404
DELETE / 204 400 404${SUBMODEL_FORMS}${ELEMENTS}`;

/** Below a shell, the shell may be unknown on PUT too. */
const SUBMODEL_OF_SHELL = SUBMODEL.replace('PUT / 201 204 400', 'PUT / 201 204 400 404');

const SHELL_PARTS = `
GET /asset-information 200 400 404
PUT /asset-information 204 400 404
GET /asset-information/thumbnail 200 400 404
PUT /asset-information/thumbnail 204 400 404
DELETE /asset-information/thumbnail 204 400 404
GET /submodel-refs 200 400 404
POST /submodel-refs 201 400 404 409
DELETE /submodel-refs/{submodelIdentifier} 204 400 404`;

const DESCRIPTION = `
GET /description 200`;
const SERIALIZATION = `
GET /serialization 200 400`;

/** The one object is always there: where the object itself is meant, there is no 404, and PUT creates nothing. */
function ofOneObject(lines: string): string {
  return lines
    .split('\n')
    .map((line) =>
      /\{(idShortPath|submodelIdentifier)\}|thumbnail/.test(line) ? line : line.replace(/ 404\b/, ''),
    )
    .join('\n');
}

function below(prefix: string, lines: string): string {
  return lines
    .split('\n')
    .map((line) =>
      line.replace(
        /^(\w+) \/( |\S)/,
        (_, method, next) => `${method} ${prefix}${next === ' ' ? ' ' : `/${next}`}`,
      ),
    )
    .join('\n');
}

const SINGLE_SUBMODEL = `
GET /submodel 200 400
PUT /submodel 204 400
PATCH /submodel 204 400${below('/submodel', ofOneObject(`${SUBMODEL_FORMS}${ELEMENTS}`))}`;

const PROFILES: Readonly<Record<string, string>> = {
  'AssetAdministrationShellRepository/SSP-001': `
GET /shells 200 400
POST /shells 201 400 409
GET /shells/$reference 200 400
GET /shells/{aasIdentifier} 200 400 404
PUT /shells/{aasIdentifier} 201 204 400
DELETE /shells/{aasIdentifier} 204 404
GET /shells/{aasIdentifier}/$reference 200 400 404${below('/shells/{aasIdentifier}', SHELL_PARTS)}${below(
    '/shells/{aasIdentifier}/submodels/{submodelIdentifier}',
    SUBMODEL_OF_SHELL,
  )}${SERIALIZATION}${DESCRIPTION}`,
  'SubmodelRepository/SSP-001': `
GET /submodels 200 400
POST /submodels 201 400 409
GET /submodels/$metadata 200 400
GET /submodels/$value 200 400
GET /submodels/$reference 200 400
GET /submodels/$path 200 400${below('/submodels/{submodelIdentifier}', SUBMODEL)}${SERIALIZATION}${DESCRIPTION}`,
  'ConceptDescriptionRepository/SSP-001': `
GET /concept-descriptions 200 400
POST /concept-descriptions 201 400 409
GET /concept-descriptions/{cdIdentifier} 200 400 404
PUT /concept-descriptions/{cdIdentifier} 201 204 400
DELETE /concept-descriptions/{cdIdentifier} 204 400 404${SERIALIZATION}${DESCRIPTION}`,
  'AssetAdministrationShellRegistry/SSP-001': `
GET /shell-descriptors 200 400
POST /shell-descriptors 201 400 409
GET /shell-descriptors/{aasIdentifier} 200 400 404
PUT /shell-descriptors/{aasIdentifier} 201 204 400
DELETE /shell-descriptors/{aasIdentifier} 204 400 404
GET /shell-descriptors/{aasIdentifier}/submodel-descriptors 200 400 404
POST /shell-descriptors/{aasIdentifier}/submodel-descriptors 201 400 404 409
GET /shell-descriptors/{aasIdentifier}/submodel-descriptors/{submodelIdentifier} 200 400 404
PUT /shell-descriptors/{aasIdentifier}/submodel-descriptors/{submodelIdentifier} 201 204 400 404
DELETE /shell-descriptors/{aasIdentifier}/submodel-descriptors/{submodelIdentifier} 204 400 404${DESCRIPTION}`,
  'AssetAdministrationShellRegistry/SSP-003': `
POST /bulk/shell-descriptors 202 400
PUT /bulk/shell-descriptors 202 400
DELETE /bulk/shell-descriptors 202 400 404
GET /bulk/status/{handleId} 200 302 404
GET /bulk/result/{handleId} 204 400 404${DESCRIPTION}`,
  'SubmodelRegistry/SSP-001': `
GET /submodel-descriptors 200 400
POST /submodel-descriptors 201 400 409
GET /submodel-descriptors/{submodelIdentifier} 200 400 404
PUT /submodel-descriptors/{submodelIdentifier} 201 204 400
DELETE /submodel-descriptors/{submodelIdentifier} 204 400 404${DESCRIPTION}`,
  'SubmodelRegistry/SSP-003': `
POST /bulk/submodel-descriptors 202 400
PUT /bulk/submodel-descriptors 202 400
DELETE /bulk/submodel-descriptors 202 400 404
GET /bulk/status/{handleId} 200 302 404
GET /bulk/result/{handleId} 204 400 404${DESCRIPTION}`,
  'Discovery/SSP-001': `
GET /lookup/shells 200
POST /lookup/shellsByAssetLink 200 400
GET /lookup/shells/{aasIdentifier} 200 404
POST /lookup/shells/{aasIdentifier} 201 400 404 409
DELETE /lookup/shells/{aasIdentifier} 204 404${DESCRIPTION}`,
  'AssetAdministrationShell/SSP-001': `
GET /aas 200 400
PUT /aas 204 400
GET /aas/$reference 200 400${below('/aas', ofOneObject(SHELL_PARTS))}${below(
    '/aas/submodels/{submodelIdentifier}',
    SUBMODEL,
  )}${SERIALIZATION}${DESCRIPTION}`,
  'Submodel/SSP-001': `${SINGLE_SUBMODEL}${SERIALIZATION}${DESCRIPTION}`,
  'AasxFileServer/SSP-001': `
GET /packages 200 400
POST /packages 201 400 409
GET /packages/{packageId} 200 400 404
PUT /packages/{packageId} 201 204 400
DELETE /packages/{packageId} 204 400 404
GET /description 200 400 404`,
};

/** How many operations each profile has in the specification. */
export const OPERATION_COUNTS: Readonly<Record<string, number>> = {
  'AssetAdministrationShellRepository/SSP-001': 54,
  'SubmodelRepository/SSP-001': 45,
  'ConceptDescriptionRepository/SSP-001': 7,
  'AssetAdministrationShellRegistry/SSP-001': 11,
  'AssetAdministrationShellRegistry/SSP-003': 6,
  'SubmodelRegistry/SSP-001': 6,
  'SubmodelRegistry/SSP-003': 6,
  'Discovery/SSP-001': 6,
  'AssetAdministrationShell/SSP-001': 50,
  'Submodel/SSP-001': 38,
  'AasxFileServer/SSP-001': 6,
};

/** All operations of all profiles. */
export const OPERATIONS: readonly Operation[] = Object.entries(PROFILES).flatMap(([profile, lines]) =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [method, path = '', ...statuses] = line.split(' ');
      // The lines above begin with one of these methods.
      return { profile, method: method as Operation['method'], path, statuses: statuses.map(Number) };
    }),
);
