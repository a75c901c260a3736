import { CodedError } from '../../runtime/errors.ts';
import { encodeIdentifier } from '../identifier-encoding.ts';
import type { ShellDescriptor, SpecificAssetId } from '../model.ts';
import { type AasConnection, baseUrlOf, requestAasJson } from './aas-request.ts';
import { followPages } from './follow-pages.ts';

/** A name and value that a shell's asset must have; `globalAssetId` is a name too. */
export type AssetId = Pick<SpecificAssetId, 'name' | 'value'>;

/**
 * Descriptors of the shells whose asset has all the given ids: by discovery where the registry offers it at the same
 * URL, else by reading through the registry.
 * @throws CodedError `E_AAS_REQUEST`
 */
export async function findShells(
  registry: AasConnection,
  assetIds: readonly AssetId[],
): Promise<readonly ShellDescriptor[]> {
  const base = baseUrlOf(registry);
  const found: ShellDescriptor[] = [];
  try {
    const lookup = `${base}/lookup/shellsByAssetLink`;
    for await (const id of followPages<string>(registry, lookup, { method: 'POST', body: assetIds })) {
      const descriptor = await requestAasJson(registry, `${base}/shell-descriptors/${encodeIdentifier(id)}`);
      // The registry's answer to this path is a descriptor (IDTA-01002).
      found.push(descriptor as ShellDescriptor);
    }
    if (found.length > 0) return found;
  } catch (thrown) {
    const status = thrown instanceof CodedError ? thrown.details['status'] : undefined;
    if (status !== 404 && status !== 405 && status !== 501 && status !== 400) throw thrown;
  }
  found.length = 0;
  for await (const descriptor of followPages<ShellDescriptor>(registry, `${base}/shell-descriptors`)) {
    if (assetIds.every((wanted) => hasAssetId(descriptor, wanted))) found.push(descriptor);
  }
  return found;
}

function hasAssetId(descriptor: ShellDescriptor, wanted: AssetId): boolean {
  if (wanted.name === 'globalAssetId') return descriptor.globalAssetId === wanted.value;
  return (descriptor.specificAssetIds ?? []).some(
    ({ name, value }) => name === wanted.name && value === wanted.value,
  );
}
