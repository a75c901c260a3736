import {
  type EndpointDescription,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
} from 'node-opcua-client';
import { APPLICATION_NAME, APPLICATION_URI } from './application.ts';
import type { ChosenEndpoint } from './choose-endpoint.ts';
import type { Identity } from './identity.ts';
import type { Trust } from './trust.ts';
import { within } from './within.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 10_000;
const SESSION_TIMEOUT_MS = 120_000;
const NO_SECURITY: Pick<ChosenEndpoint, 'securityMode' | 'securityPolicy'> = {
  securityMode: MessageSecurityMode.None,
  securityPolicy: SecurityPolicy.None,
};

interface ClientOptions {
  readonly endpointUrl: string;
  readonly identity: Identity;
  readonly trust: Trust;
  readonly endpoint?: ChosenEndpoint;
}

/**
 * Makes a client that, once connected, connects again by itself without end: 200 ms to 2 s between attempts. What it
 * connects to is always the configured URL, since behind address translation a server names one that leads nowhere.
 */
export function makeClient({ identity, trust, endpoint }: ClientOptions): OPCUAClient {
  const { securityMode, securityPolicy } = endpoint ?? NO_SECURITY;
  return OPCUAClient.create({
    applicationName: APPLICATION_NAME,
    applicationUri: APPLICATION_URI,
    clientName: APPLICATION_NAME,
    clientCertificateManager: trust.store,
    certificateFile: identity.certificateFile,
    privateKeyFile: identity.privateKeyFile,
    securityMode,
    securityPolicy,
    ...(securityMode === MessageSecurityMode.None || endpoint === undefined
      ? {}
      : { serverCertificate: endpoint.serverCertificate }),
    endpointMustExist: false,
    keepSessionAlive: endpoint !== undefined,
    requestedSessionTimeout: SESSION_TIMEOUT_MS,
    transportTimeout: CONNECT_TIMEOUT_MS,
    defaultTransactionTimeout: REQUEST_TIMEOUT_MS,
    // The first connection is ours to repeat: the security may have changed in between.
    connectionStrategy: { initialDelay: 200, maxDelay: 2_000, maxRetry: 1, randomisationFactor: 0.1 },
  });
}

/** Connects; a client that cannot is disconnected, for it is of no further use. */
export async function connect(client: OPCUAClient, endpointUrl: string): Promise<void> {
  try {
    await within(client.connect(endpointUrl), 2 * CONNECT_TIMEOUT_MS, `connecting to ${endpointUrl}`);
  } catch (thrown) {
    await client.disconnect().catch(() => undefined);
    throw thrown;
  }
}

/** Whether a server answers at all. */
export async function isReachable(
  options: Omit<ClientOptions, 'endpoint'>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await getEndpoints(options, signal);
    return true;
  } catch {
    return false;
  }
}

/** Asks a server for its endpoints, over a channel without security as OPC UA Part 4, 5.4.4 allows to anybody. */
export async function getEndpoints(
  options: Omit<ClientOptions, 'endpoint'>,
  signal: AbortSignal,
): Promise<EndpointDescription[]> {
  const client = makeClient(options);
  const abort = () => void client.disconnect().catch(() => undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await connect(client, options.endpointUrl);
    return await client.getEndpoints();
  } finally {
    signal.removeEventListener('abort', abort);
    await client.disconnect().catch(() => undefined);
  }
}
