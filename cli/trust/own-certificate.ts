import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { CodedError } from '../../runtime/errors.ts';
import { answer, printLine } from '../terminal/output.ts';
import { pkiFolderOf } from './pki-folder.ts';
import type { TrustOptions } from './trust-options.ts';

/** Options of `trust own export`. */
export interface ExportOptions extends TrustOptions {
  readonly output?: string;
  /** DER instead of PEM. */
  readonly der?: boolean;
  /** The certificate that the next rotation takes. */
  readonly next?: boolean;
}

/** Writes our certificate, for the machines' trust lists. It is made where there is none yet. */
export async function exportOwn(options: ExportOptions): Promise<void> {
  const folder = await pkiFolderOf(options);
  const { openIdentity } = await import('../../connectors/opcua/identity.ts');
  const { nextFiles } = await import('../../connectors/opcua/own-certificate.ts');
  const { certificateFile } = await openIdentity(folder);
  const file = options.next === true ? nextFiles(folder)?.certificateFile : certificateFile;
  if (file === undefined) {
    throw new CodedError(
      'E_NOT_FOUND',
      'no next certificate is prepared: fedshell trust rotate --prepare makes one',
    );
  }
  const certificate = new X509Certificate(await readFile(file));
  const { output, der = false } = options;
  if (output === undefined) {
    if (der) throw new CodedError('E_INVALID_INPUT', '--der needs --output FILE');
    if (options.json !== true) return printLine(certificate.toString().trimEnd());
  } else {
    await writeFile(output, der ? certificate.raw : certificate.toString());
  }
  const facts = await describe(certificate);
  answer(
    options,
    { ...facts, ...(output === undefined ? { pem: certificate.toString() } : { output }) },
    () => {
      return `${output} has our certificate (SHA-256 ${facts.sha256}): put it into the trust list of each machine`;
    },
  );
}

/** Options of `trust own import`. */
export interface ImportOptions extends TrustOptions {
  readonly key?: string;
}

/**
 * Takes a certificate that an authority signed for us as our own.
 * @throws CodedError `E_INVALID_INPUT`, `E_FILE_NOT_FOUND`
 */
export async function importOwn(file: string, options: ImportOptions): Promise<void> {
  const folder = await pkiFolderOf(options);
  const own = await import('../../connectors/opcua/own-certificate.ts');
  const { openIdentity } = await import('../../connectors/opcua/identity.ts');
  await openIdentity(folder);
  const key = options.key === undefined ? undefined : await read(options.key);
  const { certificateFile } = await own.importOwn(folder, await read(file), key);
  const facts = await describe(new X509Certificate(await readFile(certificateFile)));
  answer(
    options,
    facts,
    () => `our certificate is ${facts.subject} (SHA-256 ${facts.sha256}) from the next connection on`,
  );
}

/** Options of `trust rotate`. */
export interface RotateOptions extends TrustOptions {
  readonly prepare?: boolean;
}

/** Makes a new key and certificate of ours, or goes over to what was prepared. */
export async function rotateOwn(options: RotateOptions): Promise<void> {
  const folder = await pkiFolderOf(options);
  const { openIdentity } = await import('../../connectors/opcua/identity.ts');
  const { prepareNext, rotate } = await import('../../connectors/opcua/own-certificate.ts');
  await openIdentity(folder);
  const prepare = options.prepare === true;
  const { certificateFile } = prepare ? await prepareNext(folder) : await rotate(folder);
  const facts = await describe(new X509Certificate(await readFile(certificateFile)));
  answer(options, { ...facts, certificateFile, state: prepare ? 'prepared' : 'in use' }, () =>
    prepare
      ? `${certificateFile} is prepared (SHA-256 ${facts.sha256}): have the machines trust it, then fedshell trust rotate`
      : `our certificate is ${certificateFile} (SHA-256 ${facts.sha256}) from the next connection on`,
  );
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `${file} cannot be read`, { cause });
  }
}

async function describe(certificate: X509Certificate) {
  const { factsOf } = await import('../../connectors/opcua/certificate.ts');
  return factsOf(certificate);
}
