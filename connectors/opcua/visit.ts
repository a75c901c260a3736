import { AttributeIds, type ClientSession, type EndpointDescription } from 'node-opcua-client';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import type { Log } from '../../runtime/log.ts';
import { chooseEndpoint } from './choose-endpoint.ts';
import { toConnectError } from './connect-error.ts';
import { openIdentity } from './identity.ts';
import { logLibraryTo } from './library-log.ts';
import { connect, getEndpoints, makeClient } from './open-client.ts';
import { Trust } from './trust.ts';
import { userIdentity } from './user-identity.ts';

const NAMESPACE_ARRAY = 'i=2255';

/** How a server is reached: what stands in a line file besides the signals. */
export type ServerAddress = Pick<OpcuaSource, 'endpoint' | 'securityMode' | 'trust' | 'user'>;

export interface VisitOptions {
  readonly server: ServerAddress;
  /** Folder of our certificate and the trusted ones. */
  readonly pkiFolder: string;
  readonly log: Log;
  /** Ends the visit. */
  readonly signal: AbortSignal;
}

/** A session for a look around. */
export interface Visit {
  readonly session: ClientSession;
  /** URIs of the namespaces, in the order of their indices. */
  readonly namespaces: readonly string[];
  /** The endpoint that was chosen. */
  readonly endpoint: EndpointDescription | undefined;
}

/** The endpoints that a server offers; it tells them to anybody. @throws CodedError `E_OPCUA_UNREACHABLE` */
export async function endpointsOf(options: VisitOptions): Promise<readonly EndpointDescription[]> {
  logLibraryTo(options.log);
  const { endpoint: endpointUrl, trust: rule } = options.server;
  const identity = await openIdentity(options.pkiFolder);
  const trust = new Trust({ identity, endpointUrl, rule });
  try {
    return await getEndpoints({ endpointUrl, identity, trust }, options.signal);
  } catch (thrown) {
    throw toConnectError(thrown, endpointUrl, identity.certificateFile);
  }
}

/**
 * Opens a session, with the security that a connector would use, for as long as `look` takes.
 * @throws CodedError `E_OPCUA_UNREACHABLE`, `E_OPCUA_SECURITY` and the other refusals of a certificate
 */
export async function visit<Value>(
  options: VisitOptions,
  look: (visit: Visit) => Promise<Value>,
): Promise<Value> {
  const { server, pkiFolder, signal } = options;
  const { endpoint: endpointUrl, trust: rule, securityMode, user } = server;
  const offered = await endpointsOf(options);
  const identity = await openIdentity(pkiFolder);
  const trust = new Trust({ identity, endpointUrl, rule });
  const chosen = chooseEndpoint(offered, securityMode, user);
  if (securityMode !== 'None') await trust.check(chosen.serverCertificate, chosen.applicationUri);
  const client = makeClient({ endpointUrl, identity, trust, endpoint: chosen });
  const abort = () => void client.disconnect().catch(() => undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await connect(client, endpointUrl);
    const session = await client.createSession(await userIdentity(user));
    const { value } = await session.read({ nodeId: NAMESPACE_ARRAY, attributeId: AttributeIds.Value });
    const namespaces: unknown = value.value;
    return await look({
      session,
      namespaces: Array.isArray(namespaces) ? namespaces.map(String) : [],
      endpoint: offered.find(
        (one) => one.securityMode === chosen.securityMode && one.securityPolicyUri === chosen.securityPolicy,
      ),
    });
  } catch (thrown) {
    throw toConnectError(thrown, endpointUrl, identity.certificateFile);
  } finally {
    signal.removeEventListener('abort', abort);
    await client.disconnect().catch(() => undefined);
  }
}
