import type { OPCUAClient } from 'node-opcua-client';
import { chooseEndpoint } from './choose-endpoint.ts';
import type { LinkOptions } from './link-options.ts';
import { getEndpoints, makeClient } from './open-client.ts';

/**
 * Makes a client, not connected yet, for the best endpoint that the server offers, if its certificate is trusted.
 * @throws CodedError `E_OPCUA_SECURITY` and its kin; or whatever the library throws for what may pass.
 */
export async function makeTrustedClient(
  options: Pick<LinkOptions, 'source' | 'identity' | 'trust' | 'signal'>,
): Promise<OPCUAClient> {
  const { source, identity, trust, signal } = options;
  const { endpoint: endpointUrl, securityMode, user } = source;
  const offered = await getEndpoints({ endpointUrl, identity, trust }, signal);
  const endpoint = chooseEndpoint(offered, securityMode, user);
  if (securityMode !== 'None') await trust.check(endpoint.serverCertificate, endpoint.applicationUri);
  signal.throwIfAborted();
  return makeClient({ endpointUrl, identity, trust, endpoint });
}
