import { CodedError } from '../../runtime/errors.ts';
import { encodeIdentifier } from '../identifier-encoding.ts';
import type { JsonObject, ShellDescriptor, SubmodelDescriptor } from '../model.ts';
import { type AasConnection, baseUrlOf, httpUrl, requestAasJson } from './aas-request.ts';
import { type ForeignElement, keyValues } from './element-tree.ts';
import { endpointOf } from './find-model.ts';
import { isInterfaceDescription } from './interface-description.ts';
import { isMappingConfiguration } from './mapping-configuration.ts';
import { readSubmodel } from './read-submodel.ts';

interface FindInterfaceOptions {
  readonly registry: AasConnection;
  readonly shellId: string;
  /** Asked for submodels that the shell's descriptor only names. */
  readonly submodelRegistry?: AasConnection;
  /** Hosts that entries may lead to besides the registries' own: an entry must not send us anywhere. */
  readonly hosts?: readonly string[];
}

/** Interface descriptions and mapping configurations that belong to a shell. */
export interface InterfaceSubmodels {
  readonly descriptions: readonly ForeignElement[];
  readonly mappings: readonly ForeignElement[];
}

/** Sorts out what is an interface description, what a mapping configuration, and what neither. */
export function interfaceSubmodels(submodels: readonly ForeignElement[]): InterfaceSubmodels {
  return {
    descriptions: submodels.filter(isInterfaceDescription),
    mappings: submodels.filter(isMappingConfiguration),
  };
}

/**
 * Reads the interface descriptions and mapping configurations of a shell by the registry.
 * @throws CodedError `E_AAS_NOT_FOUND` if the shell or its interface description is not there, `E_AAS_REQUEST`,
 * `E_INVALID_INPUT` for an entry that leads to another host
 */
export async function findInterfaceSubmodels(options: FindInterfaceOptions): Promise<InterfaceSubmodels> {
  const { registry, shellId } = options;
  const url = `${baseUrlOf(registry)}/shell-descriptors/${encodeIdentifier(shellId)}`;
  // The registry's answer to this path is a descriptor (IDTA-01002).
  const shell = (await requestAasJson(registry, url)) as ShellDescriptor;
  const descriptors = await submodelDescriptors(options, shell);
  const submodels: ForeignElement[] = [];
  for (const descriptor of descriptors) {
    const submodelUrl = endpointOf(descriptor);
    refuseForeignHost(options, submodelUrl);
    // A submodel is a JSON object; each member that is used is checked.
    submodels.push((await readSubmodel(registry, submodelUrl)) as unknown as JsonObject);
  }
  const found = interfaceSubmodels(submodels);
  if (found.descriptions.length > 0) return found;
  throw new CodedError('E_AAS_NOT_FOUND', `the shell ${shellId} has no Asset Interfaces Description`);
}

/** Of the shell's submodels those that may be wanted: the meaning may stand in the descriptor or only in the submodel. */
async function submodelDescriptors(
  options: FindInterfaceOptions,
  shell: ShellDescriptor,
): Promise<readonly SubmodelDescriptor[]> {
  const { registry, submodelRegistry } = options;
  const own = shell.submodelDescriptors ?? [];
  if (own.length > 0 || submodelRegistry === undefined) return own.filter(mayBeWanted);
  const shellUrl = shellEndpoint(shell);
  refuseForeignHost(options, shellUrl);
  const { submodels } = (await requestAasJson(registry, shellUrl)) as { submodels?: unknown };
  const ids = (Array.isArray(submodels) ? submodels : []).flatMap(
    (reference) => keyValues(reference).at(-1) ?? [],
  );
  const found: SubmodelDescriptor[] = [];
  for (const id of ids) {
    const url = `${baseUrlOf(submodelRegistry)}/submodel-descriptors/${encodeIdentifier(id)}`;
    // The registry's answer to this path is a descriptor (IDTA-01002).
    found.push((await requestAasJson(submodelRegistry, url)) as SubmodelDescriptor);
  }
  return found.filter(mayBeWanted);
}

function shellEndpoint({ id, endpoints = [] }: ShellDescriptor): string {
  const endpoint = endpoints.find(({ interface: name }) => /^AAS-3\.[0-9]+$/.test(name));
  if (endpoint === undefined) {
    throw new CodedError(
      'E_AAS_NOT_FOUND',
      `the descriptor of ${id} has neither submodels nor an AAS-3.x endpoint`,
    );
  }
  return httpUrl(endpoint.protocolInformation.href).href.replace(/\/+$/, '');
}

function mayBeWanted(descriptor: SubmodelDescriptor): boolean {
  if (descriptor.semanticId === undefined) return true;
  // Descriptors carry the same members.
  const element = {
    semanticId: descriptor.semanticId,
    supplementalSemanticIds: descriptor.supplementalSemanticId,
  } as unknown as ForeignElement;
  return isInterfaceDescription(element) || isMappingConfiguration(element);
}

function refuseForeignHost(
  { registry, submodelRegistry, hosts = [] }: FindInterfaceOptions,
  url: string,
): void {
  const { hostname } = httpUrl(url);
  const own = [registry, submodelRegistry].flatMap((one) =>
    one === undefined ? [] : httpUrl(one.url).hostname,
  );
  if (own.includes(hostname) || hosts.includes(hostname)) return;
  throw new CodedError('E_INVALID_INPUT', `an entry leads to ${hostname}; --host ${hostname} allows it`);
}
