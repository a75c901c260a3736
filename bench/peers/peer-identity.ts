import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { PEER_APPLICATION_URI, type PeerIdentity } from './peer-settings.ts';

interface IdentityOptions {
  /** Is made and filled; one folder, one key. */
  readonly folder: string;
  /** Host names and addresses that the certificate is made for. @defaultValue 127.0.0.1 */
  readonly hosts?: readonly string[];
  /** @defaultValue now */
  readonly startDate?: Date;
  /** @defaultValue 365 */
  readonly validityDays?: number;
}

/** Makes a key and a self-signed certificate for a peer, as PEM files. */
export async function makePeerIdentity(options: IdentityOptions): Promise<PeerIdentity> {
  const { folder, hosts = ['127.0.0.1'] } = options;
  await mkdir(folder, { recursive: true });
  const certificates = new OPCUACertificateManager({ rootFolder: folder, disableFileWatchers: true });
  await certificates.initialize();
  const certificateFile = join(folder, 'server.pem');
  const isAddress = (host: string) => /^[0-9.]+$/.test(host);
  await certificates.createSelfSignedCertificate({
    applicationUri: PEER_APPLICATION_URI,
    subject: '/CN=FedShell peer',
    dns: hosts.filter((host) => !isAddress(host)),
    ip: hosts.filter(isAddress),
    startDate: options.startDate ?? new Date(),
    validity: options.validityDays ?? 365,
    outputFile: certificateFile,
  });
  await certificates.dispose();
  return { certificateFile, keyFile: certificates.privateKey };
}
