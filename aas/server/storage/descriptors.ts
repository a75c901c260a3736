import { encodeIdentifier } from '../../identifier-encoding.ts';
import type { Endpoint, JsonObject, ShellDescriptor, SubmodelDescriptor } from '../../model.ts';

/**
 * Two entries, 3.0 first: several clients look for the literal `SUBMODEL-3.0`, others read only the first one.
 */
function endpoints(kind: 'AAS' | 'SUBMODEL', href: string): readonly Endpoint[] {
  return ['3.0', '3.1'].map((version) => ({
    interface: `${kind}-${version}`,
    protocolInformation: { href, endpointProtocol: 'HTTP', endpointProtocolVersion: ['1.1'] },
  }));
}

/** The members of `source` that `names` lists and that are there. */
function pick(source: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.filter((name) => source[name] !== undefined).map((name) => [name, source[name]]),
  );
}

const SHARED = ['idShort', 'displayName', 'description', 'administration'];

/** The registry's entry for a submodel that this environment holds. */
export function describeSubmodel(submodel: JsonObject, baseUrl: string): SubmodelDescriptor {
  const id = String(submodel['id']);
  const supplemental = submodel['supplementalSemanticIds'];
  return {
    id,
    ...pick(submodel, [...SHARED, 'semanticId']),
    // The registry's schema has this name in the singular.
    ...(supplemental === undefined
      ? {}
      : { supplementalSemanticId: supplemental as SubmodelDescriptor['supplementalSemanticId'] & object }),
    endpoints: endpoints('SUBMODEL', `${baseUrl}/submodels/${encodeIdentifier(id)}`),
  };
}

/** The registry's entry for a shell that this environment holds, without its submodels'. */
export function describeShell(shell: JsonObject, baseUrl: string): ShellDescriptor {
  const id = String(shell['id']);
  // Checked on the way in: a shell has assetInformation.
  const asset = shell['assetInformation'] as JsonObject;
  return {
    id,
    ...pick(shell, SHARED),
    ...pick(asset, ['assetKind', 'assetType', 'globalAssetId', 'specificAssetIds']),
    endpoints: endpoints('AAS', `${baseUrl}/shells/${encodeIdentifier(id)}`),
  };
}
