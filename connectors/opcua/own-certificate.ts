import { createPrivateKey, randomUUID, type X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { CodedError } from '../../runtime/errors.ts';
import { APPLICATION_NAME, APPLICATION_URI } from './application.ts';
import { alternativeNames, readCertificates } from './certificate.ts';

const VALIDITY_DAYS = 10 * 365;

/** Our certificate and its key. */
export interface OwnFiles {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

/**
 * The files that hold our certificate now. A rotation writes new files and then turns one pointer, so that certificate
 * and key always belong together.
 */
export function ownFiles(pkiFolder: string): OwnFiles {
  const current = pointerOf(pkiFolder, 'current');
  if (current !== undefined) return filesIn(join(pkiFolder, 'own', current));
  return {
    certificateFile: join(pkiFolder, 'own', 'certs', 'client_certificate.pem'),
    privateKeyFile: join(pkiFolder, 'own', 'private', 'private_key.pem'),
  };
}

/** The files of the certificate that the next rotation takes; undefined if none was prepared. */
export function nextFiles(pkiFolder: string): OwnFiles | undefined {
  const next = pointerOf(pkiFolder, 'next');
  return next === undefined ? undefined : filesIn(join(pkiFolder, 'own', next));
}

/** Makes a self-signed certificate for the manager's key. */
export async function makeCertificate(manager: OPCUACertificateManager, file: string): Promise<void> {
  // Another process may make one at the same moment: a rename leaves one of the two, and both fit the one key.
  const partial = `${file}.${randomUUID()}.partial`;
  await manager.createSelfSignedCertificate({
    applicationUri: APPLICATION_URI,
    subject: `/CN=${APPLICATION_NAME}`,
    dns: [],
    startDate: new Date(),
    validity: VALIDITY_DAYS,
    outputFile: partial,
  });
  await rename(partial, file);
}

/** Makes a new key with a new certificate, for machines to trust before the rotation. Repeated, it keeps what it made. */
export async function prepareNext(pkiFolder: string): Promise<OwnFiles> {
  const prepared = nextFiles(pkiFolder);
  if (prepared !== undefined) return prepared;
  const workFolder = join(pkiFolder, 'own', `work-${randomUUID()}`);
  const manager = new OPCUACertificateManager({ rootFolder: workFolder, disableFileWatchers: true });
  try {
    await mkdir(workFolder, { recursive: true, mode: 0o700 });
    await manager.initialize();
    const file = join(workFolder, 'certificate.pem');
    await makeCertificate(manager, file);
    const generation = await newGeneration(
      pkiFolder,
      await readFile(file),
      await readFile(manager.privateKey),
    );
    await setPointer(pkiFolder, 'next', generation);
    return filesIn(join(pkiFolder, 'own', generation));
  } finally {
    await manager.dispose();
    await rm(workFolder, { recursive: true, force: true });
  }
}

/** Goes over to the prepared certificate, or to a new one. New connections use it; the old files stay. */
export async function rotate(pkiFolder: string): Promise<OwnFiles> {
  const files = await prepareNext(pkiFolder);
  const next = pointerOf(pkiFolder, 'next');
  if (next !== undefined) await setPointer(pkiFolder, 'current', next);
  await rm(pointerFile(pkiFolder, 'next'), { force: true });
  return files;
}

/**
 * Takes a certificate that somebody else signed, such as the plant's authority; the chain may follow in the file.
 * @param key PEM; that of the present certificate if absent.
 * @throws CodedError `E_INVALID_INPUT` if it is not for this application, or not that of the key.
 */
export async function importOwn(
  pkiFolder: string,
  bytes: Buffer,
  key: Buffer | undefined,
): Promise<OwnFiles> {
  const chain = readCertificates(bytes);
  const privateKey = key ?? (await readFile(ownFiles(pkiFolder).privateKeyFile));
  const [certificate] = chain;
  if (certificate === undefined || !fits(certificate, privateKey)) {
    throw new CodedError(
      'E_INVALID_INPUT',
      'the certificate is not that of the key; name its key with --key',
    );
  }
  requireApplicationUri(certificate, 'the certificate');
  const pem = Buffer.from(chain.map((each) => each.toString()).join(''));
  const generation = await newGeneration(pkiFolder, pem, privateKey);
  await setPointer(pkiFolder, 'current', generation);
  return filesIn(join(pkiFolder, 'own', generation));
}

/** @throws CodedError `E_INVALID_INPUT` for a certificate of another application: machines would refuse it. */
export function requireApplicationUri(certificate: X509Certificate, what: string): void {
  const { uris } = alternativeNames(certificate);
  if (uris.includes(APPLICATION_URI)) return;
  throw new CodedError(
    'E_INVALID_INPUT',
    `${what} is made for ${uris.join(', ') || 'no application'}, not for ${APPLICATION_URI}`,
  );
}

function fits(certificate: X509Certificate, key: Buffer): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', 'the key is no private key in PEM without a passphrase', {
      cause,
    });
  }
}

async function newGeneration(pkiFolder: string, certificate: Buffer, key: Buffer): Promise<string> {
  const name = `generation-${randomUUID()}`;
  const folder = join(pkiFolder, 'own', name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { certificateFile, privateKeyFile } = filesIn(folder);
  await writeFile(privateKeyFile, key, { mode: 0o600 });
  await writeFile(certificateFile, certificate, { mode: 0o600 });
  return name;
}

function filesIn(folder: string): OwnFiles {
  return {
    certificateFile: join(folder, 'certificate.pem'),
    privateKeyFile: join(folder, 'private_key.pem'),
  };
}

type Pointer = 'current' | 'next';

function pointerFile(pkiFolder: string, pointer: Pointer): string {
  return join(pkiFolder, 'own', pointer);
}

function pointerOf(pkiFolder: string, pointer: Pointer): string | undefined {
  const file = pointerFile(pkiFolder, pointer);
  if (!existsSync(file)) return undefined;
  const name = readFileSync(file, 'utf8').trim();
  return /^generation-[0-9a-f-]{36}$/.test(name) ? name : undefined;
}

async function setPointer(pkiFolder: string, pointer: Pointer, generation: string): Promise<void> {
  const file = pointerFile(pkiFolder, pointer);
  const partial = `${file}.${randomUUID()}.partial`;
  await writeFile(partial, `${generation}\n`, { mode: 0o600 });
  await rename(partial, file);
}
