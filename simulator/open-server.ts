import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import {
  MessageSecurityMode,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
} from 'node-opcua';
import { CodedError } from '../runtime/errors.ts';

interface ServerOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** Where the server's own certificate is made on the first start and kept. */
  readonly pkiFolder: string;
  /** Offers endpoints without security too. */
  readonly offersNone: boolean;
  /** Port that clients are told besides: of the relay in front of the server. */
  readonly advertisedPort?: number;
  /** Loads the companion specifications of machines, which takes two seconds. */
  readonly machinery?: boolean;
  /** @defaultValue `/line` */
  readonly resourcePath?: string;
  /** A certificate instead of one of its own. */
  readonly identity?: {
    readonly certificateFile: string;
    readonly privateKeyFile: string;
    readonly applicationUri: string;
  };
  /** The one user who may come; anybody without a name by default. */
  readonly user?: { readonly name: string; readonly password: string };
  /** The one client certificate that is accepted (PEM or DER); any by default. */
  readonly trustedClient?: Buffer;
}

const APPLICATION_URI = 'urn:fedshell:simulator';
const SESSIONS = 250;

/** Each after those that it builds on. */
const MACHINERY = [
  nodesets.standard,
  nodesets.di,
  nodesets.ia,
  nodesets.irdi,
  nodesets.padim,
  nodesets.machinery,
  nodesets.machineryProcessValues,
  nodesets.i4aas,
];

/**
 * Makes an OPC UA server on 127.0.0.1 that is initialised and not yet started. It takes any client's certificate unless
 * told otherwise, since it has nothing to protect.
 */
export async function openServer(options: ServerOptions): Promise<OPCUAServer> {
  const { identity, user, trustedClient } = options;
  const certificates = (name: string, acceptsAny = true) =>
    new OPCUACertificateManager({
      name,
      rootFolder: join(options.pkiFolder, name),
      automaticallyAcceptUnknownCertificate: acceptsAny,
      disableFileWatchers: true,
    });
  const ofServer = certificates('server', trustedClient === undefined);
  if (trustedClient !== undefined) {
    await ofServer.initialize();
    await ofServer.trustCertificate(new X509Certificate(trustedClient).raw);
  }
  const server = new OPCUAServer({
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    port: options.port,
    resourcePath: options.resourcePath ?? '/line',
    ...(options.advertisedPort === undefined
      ? {}
      : { advertisedEndpoints: `opc.tcp://127.0.0.1:${options.advertisedPort}/line` }),
    ...(options.machinery === true ? { nodeset_filename: MACHINERY } : {}),
    serverCertificateManager: ofServer,
    userCertificateManager: certificates('users'),
    serverInfo: { applicationUri: identity?.applicationUri ?? APPLICATION_URI, productUri: APPLICATION_URI },
    ...(identity === undefined
      ? {}
      : { certificateFile: identity.certificateFile, privateKeyFile: identity.privateKeyFile }),
    ...(user === undefined
      ? {}
      : {
          allowAnonymous: false,
          userManager: {
            isValidUser: (name: string, password: string) => name === user.name && password === user.password,
          },
        }),
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
