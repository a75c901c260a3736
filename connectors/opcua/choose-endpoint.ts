import {
  type EndpointDescription,
  MessageSecurityMode,
  SecurityPolicy,
  UserTokenType,
} from 'node-opcua-client';
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
  /** Who the server says it is; undefined where it does not say. */
  readonly applicationUri: string | undefined;
}

/**
 * Chooses the best endpoint of the configured security mode, never one of a lower mode. A password goes nowhere in
 * clear unless the user says `unprotected`.
 * @throws CodedError `E_OPCUA_SECURITY` that says what the server offers instead.
 */
export function chooseEndpoint(
  offered: readonly EndpointDescription[],
  mode: OpcuaSource['securityMode'],
  user?: OpcuaSource['user'],
): ChosenEndpoint {
  const securityMode = MODES[mode];
  const policies = mode === 'None' ? [SecurityPolicy.None] : ACCEPTED_POLICIES;
  for (const securityPolicy of policies) {
    const endpoint = offered.find(
      (candidate) =>
        candidate.securityMode === securityMode && candidate.securityPolicyUri === securityPolicy,
    );
    if (endpoint === undefined) continue;
    requireProtectedLogin(endpoint, user);
    const { serverCertificate, server } = endpoint;
    return {
      securityMode,
      securityPolicy,
      serverCertificate,
      applicationUri: server.applicationUri || undefined,
    };
  }
  const list = offered.map(({ securityMode: offeredMode, securityPolicyUri }) => {
    return `${MessageSecurityMode[offeredMode]} ${policyName(securityPolicyUri)}`;
  });
  throw new CodedError(
    'E_OPCUA_SECURITY',
    `the server offers no endpoint with ${mode} and ${policies.map(policyName).join(' or ')}; ` +
      `it offers ${list.join(', ') || 'none'}`,
  );
}

/**
 * With securityMode None whoever answers can ask for the password in clear, whatever the server offers; with Sign it is
 * encrypted if the server has a way (the client takes the strongest), with SignAndEncrypt the channel does it.
 * @throws CodedError `E_OPCUA_SECURITY` if the server takes no such user, or may get the password in clear.
 */
function requireProtectedLogin(endpoint: EndpointDescription, user: OpcuaSource['user']): void {
  if (user === undefined) return;
  const tokenType = user.certificate === undefined ? UserTokenType.UserName : UserTokenType.Certificate;
  const policies = (endpoint.userIdentityTokens ?? []).filter((offered) => offered.tokenType === tokenType);
  if (policies.length === 0) {
    throw new CodedError('E_OPCUA_SECURITY', `the server takes no user by ${UserTokenType[tokenType]} there`);
  }
  if (tokenType === UserTokenType.Certificate || user.unprotected === true) return;
  const { securityMode, securityPolicyUri } = endpoint;
  if (securityMode === MessageSecurityMode.SignAndEncrypt) return;
  const isEncrypted = policies.some((offered) => {
    return (offered.securityPolicyUri || securityPolicyUri) !== SecurityPolicy.None;
  });
  if (securityMode === MessageSecurityMode.Sign && isEncrypted) return;
  throw new CodedError(
    'E_OPCUA_SECURITY',
    'the password might travel in clear: use securityMode SignAndEncrypt; if the server has nothing better and the ' +
      'network is yours alone, say unprotected: true beside the password',
  );
}

function policyName(uri: string | null): string {
  return uri?.split('#')[1] ?? '?';
}
