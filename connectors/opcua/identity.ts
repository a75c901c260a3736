import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { makeCertificate, ownFiles, requireApplicationUri } from './own-certificate.ts';
import { TrustFolder } from './trust-folder.ts';

/** Our certificate and the certificates we trust: one PKI folder with own/, trusted/, rejected/ and issuers/. */
export interface Identity {
  readonly folder: string;
  readonly certificates: OPCUACertificateManager;
  /** The lists of whom we trust. */
  readonly trust: TrustFolder;
  /** Our certificate of the moment: after a rotation it is another. */
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
  const { certificateFile } = ownFiles(folder);
  if (!existsSync(certificateFile)) await makeCertificate(certificates, certificateFile);
  await checkApplicationUri(certificateFile);
  let last: Promise<unknown> = Promise.resolve();
  return {
    folder,
    certificates,
    trust: new TrustFolder(folder),
    get certificateFile() {
      return ownFiles(folder).certificateFile;
    },
    get privateKeyFile() {
      return ownFiles(folder).privateKeyFile;
    },
    exclusively: (change) => {
      const result = last.then(change);
      last = result.catch(() => undefined);
      return result;
    },
  };
}

async function checkApplicationUri(file: string): Promise<void> {
  try {
    requireApplicationUri(new X509Certificate(await readFile(file)), `the certificate ${file}`);
  } catch (cause) {
    throw new CodedError('E_OPCUA_SECURITY', toCodedError(cause).message, { cause });
  }
}
