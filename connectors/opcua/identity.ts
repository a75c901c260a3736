import { randomUUID, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { CodedError } from '../../runtime/errors.ts';
import { APPLICATION_NAME, APPLICATION_URI } from './application.ts';

const VALIDITY_DAYS = 10 * 365;

/** Our certificate and the certificates we trust: one PKI folder with own/, trusted/, rejected/ and issuers/. */
export interface Identity {
  readonly folder: string;
  readonly certificates: OPCUACertificateManager;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  /** Runs changes of the folder one after the other. */
  exclusively<Value>(change: () => Promise<Value>): Promise<Value>;
}

const identities = new Map<string, Promise<Identity>>();

/**
 * Opens a PKI folder, and makes key and certificate on first use. All connectors of a process share one `Identity` a
 * folder, so that parallel starts make one certificate.
 * @throws CodedError `E_OPCUA_SECURITY` if the certificate in the folder is made for another application.
 */
export function openIdentity(folder: string): Promise<Identity> {
  const path = resolve(folder);
  const known = identities.get(path);
  if (known !== undefined) return known;
  const opening = open(path);
  identities.set(path, opening);
  opening.catch(() => identities.delete(path));
  return opening;
}

async function open(folder: string): Promise<Identity> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Watching the folder costs threads and memory; trust.ts reads it again before every decision instead.
  const certificates = new OPCUACertificateManager({ rootFolder: folder, disableFileWatchers: true });
  await certificates.initialize();
  await chmod(certificates.privateKey, 0o600);
  const certificateFile = join(folder, 'own', 'certs', 'client_certificate.pem');
  if (!existsSync(certificateFile)) await makeCertificate(certificates, certificateFile);
  await checkApplicationUri(certificateFile);
  let last: Promise<unknown> = Promise.resolve();
  return {
    folder,
    certificates,
    certificateFile,
    privateKeyFile: certificates.privateKey,
    exclusively: (change) => {
      const result = last.then(change);
      last = result.catch(() => undefined);
      return result;
    },
  };
}

async function makeCertificate(certificates: OPCUACertificateManager, file: string): Promise<void> {
  // Another process may make one at the same moment: a rename leaves one of the two, and both fit the one key.
  const partial = `${file}.${randomUUID()}.partial`;
  await certificates.createSelfSignedCertificate({
    applicationUri: APPLICATION_URI,
    subject: `/CN=${APPLICATION_NAME}`,
    dns: [],
    startDate: new Date(),
    validity: VALIDITY_DAYS,
    outputFile: partial,
  });
  await rename(partial, file);
}

async function checkApplicationUri(file: string): Promise<void> {
  const alternatives = new X509Certificate(await readFile(file)).subjectAltName ?? '';
  if (alternatives.split(', ').includes(`URI:${APPLICATION_URI}`)) return;
  throw new CodedError(
    'E_OPCUA_SECURITY',
    `the certificate ${file} is made for ${alternatives || 'no application'}, not for ${APPLICATION_URI}`,
  );
}
