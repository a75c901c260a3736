import { checkModel } from './check-model.ts';
import type { JsonObject } from './model.ts';

/** An Environment (IDTA-01001): what a file of shells, submodels and concept descriptions holds. */
export interface EnvironmentJson {
  readonly assetAdministrationShells?: readonly JsonObject[];
  readonly submodels?: readonly JsonObject[];
  readonly conceptDescriptions?: readonly JsonObject[];
}

/** The lists of an Environment, with the model type of their entries. */
export const ENVIRONMENT_LISTS = [
  ['assetAdministrationShells', 'AssetAdministrationShell'],
  ['submodels', 'Submodel'],
  ['conceptDescriptions', 'ConceptDescription'],
] as const;

/**
 * Checks the structure of an Environment, and gives each of its identifiables the `modelType` that its list implies.
 * @throws CodedError `E_INVALID_INPUT` with every fault and its path.
 */
export function checkEnvironment(value: unknown): EnvironmentJson {
  const environment = checkModel(value, 'Environment');
  return Object.fromEntries(
    ENVIRONMENT_LISTS.filter(([list]) => environment[list] !== undefined).map(([list, modelType]) => [
      list,
      // Checked just here: lists of objects.
      (environment[list] as readonly JsonObject[]).map((item) => ({ modelType, ...item })),
    ]),
  );
}
