import type { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { answer } from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';
import { decideOverApi } from './decide-over-api.ts';
import { pkiFolderOf } from './pki-folder.ts';
import type { TrustOptions } from './trust-options.ts';

export type Allowance = Schemas['TrustAllowance'];
type Folder = import('../../connectors/opcua/trust-folder.ts').TrustFolder;

const ALLOWANCES: readonly Allowance[] = ['expired', 'hostname', 'no-revocation-list'];

/** Options of `trust approve`. */
export interface ApproveOptions extends TrustOptions {
  readonly allow?: readonly string[];
  /** Put an authority where it completes chains, without trusting what it signs. */
  readonly issuer?: boolean;
}

/**
 * Approves a certificate: one that a machine showed, by its fingerprint; or a certificate, an authority or a revocation
 * list from a file.
 * @throws CodedError `E_INVALID_INPUT`, `E_NOT_FOUND`
 */
export async function approveTrust(what: string, options: ApproveOptions): Promise<void> {
  const allow = allowancesOf(options.allow ?? []);
  const isFile = existsSync(what);
  if (options.api === true) {
    if (isFile)
      throw new CodedError('E_INVALID_INPUT', 'files are approved at the trainer itself, not over the API');
    return decideOverApi(what, { action: 'approve', allow: [...allow] }, options);
  }
  const { TrustFolder } = await import('../../connectors/opcua/trust-folder.ts');
  const trust = new TrustFolder(await pkiFolderOf(options));
  if (isFile) return approveFile(what, trust, allow, options);
  const { findCertificate } = await import('../../connectors/opcua/trust-decisions.ts');
  await approve(await findCertificate(trust, what), trust, allow, options);
}

/**
 * Rejects a certificate that is trusted, or keeps one from being trusted for its authority.
 * @throws CodedError `E_INVALID_INPUT`, `E_NOT_FOUND`
 */
export async function rejectTrust(fingerprint: string, options: TrustOptions): Promise<void> {
  if (options.api === true) return decideOverApi(fingerprint, { action: 'reject' }, options);
  const { TrustFolder } = await import('../../connectors/opcua/trust-folder.ts');
  const decisions = await import('../../connectors/opcua/trust-decisions.ts');
  const trust = new TrustFolder(await pkiFolderOf(options));
  const certificate = await decisions.findCertificate(trust, fingerprint);
  await decisions.rejectCertificate(trust, certificate, { by: 'local', nowMs: Date.now() });
  const { sha256, subject } = await factsOf(certificate);
  answer(options, { rejected: sha256, subject }, () => {
    return `${printable(subject)} is rejected (SHA-256 ${sha256}); a connection that is open stays until it ends`;
  });
}

async function approve(
  certificate: X509Certificate,
  trust: Folder,
  allow: readonly Allowance[],
  options: ApproveOptions,
): Promise<void> {
  const { approveCertificate } = await import('../../connectors/opcua/trust-decisions.ts');
  const { sha256, subject, authority } = await factsOf(certificate);
  if (options.issuer === true) {
    if (!authority) throw new CodedError('E_INVALID_INPUT', `${subject} is no authority`);
    await trust.move(certificate, 'issuers');
    return answer(
      options,
      { issuer: sha256, subject },
      () => `${printable(subject)} completes chains (SHA-256 ${sha256})`,
    );
  }
  await approveCertificate(trust, certificate, { allow, by: 'local', nowMs: Date.now() });
  answer(options, { approved: sha256, subject, authority, allow }, () =>
    [
      `${printable(subject)} is trusted (SHA-256 ${sha256})${allow.length === 0 ? '' : `, allowed ${allow.join(' ')}`}`,
      ...(authority ? ['It is an authority: every certificate that it signed is trusted too.'] : []),
    ].join('\n'),
  );
}

async function approveFile(
  file: string,
  trust: Folder,
  allow: readonly Allowance[],
  options: ApproveOptions,
): Promise<void> {
  const { readCertificates } = await import('../../connectors/opcua/certificate.ts');
  const { readRevocationLists } = await import('../../connectors/opcua/trust-folder.ts');
  const bytes = await readFile(file);
  let certificates: X509Certificate[];
  try {
    certificates = readCertificates(bytes);
  } catch {
    const lists = readable(file, () => readRevocationLists(bytes));
    await requireAuthorities(trust, lists);
    for (const list of lists) await trust.addRevocationList(list);
    return answer(
      options,
      { revocationLists: lists.length },
      () => `${lists.length} revocation list(s) added`,
    );
  }
  for (const certificate of certificates) await approve(certificate, trust, allow, options);
}

/** A list that no authority here signed would never be looked at. */
async function requireAuthorities(
  trust: Folder,
  lists: readonly import('../../connectors/opcua/revocation-list.ts').RevocationList[],
): Promise<void> {
  const authorities = [...(await trust.certificates('trusted')), ...(await trust.certificates('issuers'))];
  if (lists.every((list) => authorities.some(({ publicKey }) => list.isOf(publicKey)))) return;
  throw new CodedError(
    'E_INVALID_INPUT',
    'no authority here signed the revocation list: approve the authority first',
  );
}

function readable<Value>(file: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    const message = `${file} is neither a certificate nor a revocation list that we can use`;
    throw new CodedError('E_INVALID_INPUT', message, { cause });
  }
}

function allowancesOf(names: readonly string[]): Allowance[] {
  return names
    .flatMap((name) => name.split(','))
    .map((name) => {
      const known = ALLOWANCES.find((each) => each === name);
      if (known !== undefined) return known;
      throw new CodedError('E_INVALID_INPUT', `--allow takes ${ALLOWANCES.join(', ')}, not ${name}`);
    });
}

async function factsOf(certificate: X509Certificate) {
  return (await import('../../connectors/opcua/certificate.ts')).factsOf(certificate);
}
