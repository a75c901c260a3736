import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { encodeIdentifier } from '../identifier-encoding.ts';
import type { ShellDescriptor } from '../model.ts';
import { referenceText } from '../references.ts';
import { PARTICIPANT_ID } from '../submodels/semantic-ids.ts';
import { type AasConnection, baseUrlOf, httpUrl } from './aas-request.ts';
import { endpointOf } from './find-model.ts';
import { followPages } from './follow-pages.ts';
import { readValue } from './read-submodel.ts';

/** A participant as a registry led to it. */
export interface FoundParticipant {
  readonly id: string;
  readonly shellId: string;
  /** Of the certificate that its Participant submodel names; 64 hex digits. */
  readonly certificateSha256: string | undefined;
  /** Why its Participant submodel could not be read. */
  readonly trouble: string | undefined;
}

interface FindParticipantsOptions {
  readonly registry: AasConnection;
  /** Hosts that entries may lead to besides the registry's own: an entry must not send us anywhere. */
  readonly hosts?: readonly string[];
}

const ASSET_TYPE = 'urn:fedshell:asset-type:participant';
const CHOSEN_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * All participants that an AAS registry has, each with what its Participant submodel says of its certificate.
 * @throws CodedError `E_AAS_REQUEST` if the registry cannot be read
 */
export async function* findParticipants(options: FindParticipantsOptions): AsyncGenerator<FoundParticipant> {
  const { registry } = options;
  const url = `${baseUrlOf(registry)}/shell-descriptors?assetType=${encodeIdentifier(ASSET_TYPE)}`;
  for await (const descriptor of followPages<ShellDescriptor>(registry, url)) {
    const id = descriptor.specificAssetIds?.find(({ name }) => name === 'participant')?.value;
    // A registry may not know the filter.
    if (id === undefined || !CHOSEN_ID.test(id) || descriptor.assetType !== ASSET_TYPE) continue;
    const shellId = descriptor.id;
    try {
      const certificateSha256 = await certificateOf(options, descriptor);
      yield { id, shellId, certificateSha256, trouble: undefined };
    } catch (thrown) {
      yield { id, shellId, certificateSha256: undefined, trouble: toCodedError(thrown).message };
    }
  }
}

async function certificateOf(
  { registry, hosts = [] }: FindParticipantsOptions,
  descriptor: ShellDescriptor,
): Promise<string | undefined> {
  const submodel = descriptor.submodelDescriptors?.find(
    ({ semanticId }) => semanticId !== undefined && referenceText(semanticId) === PARTICIPANT_ID,
  );
  if (submodel === undefined) return undefined;
  const url = endpointOf(submodel);
  const { hostname } = httpUrl(url);
  if (hostname !== httpUrl(registry.url).hostname && !hosts.includes(hostname)) {
    throw new CodedError('E_INVALID_INPUT', `its entry leads to ${hostname}, which the settings do not name`);
  }
  const value = await readValue(registry, url);
  const text =
    typeof value === 'object' && value !== null && 'certificateSha256' in value
      ? value.certificateSha256
      : undefined;
  const digits = typeof text === 'string' ? text.replaceAll(':', '').toLowerCase() : '';
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}
