import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { CertificateAuthority } from 'node-opcua-pki';

const DAY_MS = 86_400_000;
const DEFAULT_HOSTS = { dns: ['localhost'], ip: ['127.0.0.1'] };

interface CertificateOptions {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  /** When it becomes valid, in days from now. @defaultValue -1 */
  readonly fromDays?: number;
  /** For how long. @defaultValue 30 */
  readonly days?: number;
}

/** Files for a server's or a user's certificate. */
export interface TestCertificate {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

/** An authority of a plant. */
export interface TestAuthority {
  readonly ca: CertificateAuthority;
  /** DER. */
  readonly certificate: Buffer;
  issue(name: string, options?: CertificateOptions): Promise<TestCertificate & { readonly der: Buffer }>;
  revoke(der: Buffer): Promise<void>;
  /** The present revocation list, DER. */
  revocationList(): Buffer;
}

/** Makes certificates of machines, users and authorities in a folder of its own, without any program outside. */
export class TestCertificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'fedshell-certificates-'));

  async selfSigned(name: string, options: CertificateOptions = {}): Promise<TestCertificate> {
    const rootFolder = join(this.folder, name);
    await mkdir(rootFolder, { recursive: true });
    const manager = new OPCUACertificateManager({ rootFolder, disableFileWatchers: true });
    await manager.initialize();
    const certificateFile = join(rootFolder, 'certificate.pem');
    await manager.createSelfSignedCertificate({
      ...partsOf(name, options),
      outputFile: certificateFile,
    });
    await manager.dispose();
    return { certificateFile, privateKeyFile: manager.privateKey };
  }

  async authority(name: string, parent?: TestAuthority): Promise<TestAuthority> {
    const ca = new CertificateAuthority({
      keySize: 2048,
      location: join(this.folder, name),
      subject: `/CN=${name}`,
      backend: 'native',
      ...(parent === undefined ? {} : { issuerCA: parent.ca }),
    });
    await ca.initialize();
    return {
      ca,
      certificate: ca.getCACertificateDER(),
      issue: async (machine: string, options: CertificateOptions = {}) => {
        const { certificateDer, privateKey } = await ca.generateKeyPairAndSignDER(partsOf(machine, options));
        const der = Buffer.from(certificateDer);
        const certificateFile = join(this.folder, `${machine}.pem`);
        const privateKeyFile = join(this.folder, `${machine}.key`);
        await writeFile(certificateFile, pemOf(der));
        await writeFile(privateKeyFile, keyPem(privateKey));
        return { certificateFile, privateKeyFile, der };
      },
      revoke: async (der: Buffer) => ca.revokeCertificateDER(der),
      revocationList: () => ca.getCRLDER(),
    };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function partsOf(name: string, { dns, ip, fromDays = -1, days = 30 }: CertificateOptions) {
  return {
    applicationUri: `urn:test:${name}`,
    subject: `/CN=${name}`,
    dns: [...(dns ?? DEFAULT_HOSTS.dns)],
    ip: [...(ip ?? DEFAULT_HOSTS.ip)],
    startDate: new Date(Date.now() + fromDays * DAY_MS),
    validity: days,
  };
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function keyPem({
  hidden,
}: Awaited<ReturnType<CertificateAuthority['generateKeyPairAndSignDER']>>['privateKey']): string {
  return typeof hidden === 'string' ? hidden : hidden.export({ type: 'pkcs8', format: 'pem' }).toString();
}
