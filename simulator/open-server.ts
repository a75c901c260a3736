import { join } from 'node:path';
import { MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy } from 'node-opcua';
import { CodedError } from '../runtime/errors.ts';

interface ServerOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** Where the server's own certificate is made on the first start and kept. */
  readonly pkiFolder: string;
  /** Offers endpoints without security too. */
  readonly offersNone: boolean;
}

const APPLICATION_URI = 'urn:fedshell:simulator';
const SESSIONS = 250;

/**
 * Makes an OPC UA server on 127.0.0.1 that is initialised and not yet started. It takes any client's certificate,
 * since it has nothing to protect.
 */
export async function openServer(options: ServerOptions): Promise<OPCUAServer> {
  const certificates = (name: string) =>
    new OPCUACertificateManager({
      name,
      rootFolder: join(options.pkiFolder, name),
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    });
  const server = new OPCUAServer({
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    port: options.port,
    resourcePath: '/line',
    serverCertificateManager: certificates('server'),
    userCertificateManager: certificates('users'),
    serverInfo: { applicationUri: APPLICATION_URI, productUri: APPLICATION_URI },
    buildInfo: { productName: 'FedShell simulator' },
    securityModes: [
      MessageSecurityMode.SignAndEncrypt,
      ...(options.offersNone ? [MessageSecurityMode.None] : []),
    ],
    securityPolicies: [
      SecurityPolicy.Basic256Sha256,
      SecurityPolicy.Aes256_Sha256_RsaPss,
      ...(options.offersNone ? [SecurityPolicy.None] : []),
    ],
    isAuditing: false,
    maxConnectionsPerEndpoint: SESSIONS,
    serverCapabilities: {
      maxSessions: SESSIONS,
      maxSubscriptions: 4 * SESSIONS,
      maxSubscriptionsPerSession: SESSIONS,
      // 0: a client that asks for every change gets every change; the library's default would drop some in silence.
      minSupportedSampleRate: 0,
    },
  });
  await server.initialize();
  return server;
}

/** Starts to listen. @throws CodedError `E_PORT_IN_USE` */
export async function listen(server: OPCUAServer, port: number): Promise<void> {
  try {
    await server.start();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (!message.includes('EADDRINUSE')) throw cause;
    throw new CodedError('E_PORT_IN_USE', `port ${port} of 127.0.0.1 is in use`, { cause });
  }
}
