import { type EndpointDescription, MessageSecurityMode, SecurityPolicy } from 'node-opcua-client';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';

/** Best first. Older policies are broken, others add nothing that these two lack. */
const ACCEPTED_POLICIES = [SecurityPolicy.Aes256_Sha256_RsaPss, SecurityPolicy.Basic256Sha256];

const MODES: Record<OpcuaSource['securityMode'], MessageSecurityMode> = {
  SignAndEncrypt: MessageSecurityMode.SignAndEncrypt,
  Sign: MessageSecurityMode.Sign,
  None: MessageSecurityMode.None,
};

/** What a secure channel is opened with. */
export interface ChosenEndpoint {
  readonly securityMode: MessageSecurityMode;
  readonly securityPolicy: SecurityPolicy;
  readonly serverCertificate: Buffer;
}

/**
 * Chooses the best endpoint of the configured security mode, never one of a lower mode.
 * @throws CodedError `E_OPCUA_SECURITY` that lists what the server offers instead.
 */
export function chooseEndpoint(
  offered: readonly EndpointDescription[],
  mode: OpcuaSource['securityMode'],
): ChosenEndpoint {
  const securityMode = MODES[mode];
  const policies = mode === 'None' ? [SecurityPolicy.None] : ACCEPTED_POLICIES;
  for (const securityPolicy of policies) {
    const endpoint = offered.find(
      (candidate) =>
        candidate.securityMode === securityMode && candidate.securityPolicyUri === securityPolicy,
    );
    if (endpoint !== undefined) {
      return { securityMode, securityPolicy, serverCertificate: endpoint.serverCertificate };
    }
  }
  const list = offered.map(({ securityMode: offeredMode, securityPolicyUri }) => {
    return `${MessageSecurityMode[offeredMode]} ${securityPolicyUri?.split('#')[1] ?? '?'}`;
  });
  throw new CodedError(
    'E_OPCUA_SECURITY',
    `the server offers no endpoint with ${mode} and ${policies.map((policy) => policy.split('#')[1]).join(' or ')}; ` +
      `it offers ${list.join(', ') || 'none'}`,
  );
}
