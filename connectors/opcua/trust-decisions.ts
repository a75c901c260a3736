import type { X509Certificate } from 'node:crypto';
import type { Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { factsOf, fingerprintOf } from './certificate.ts';
import type { Decision } from './certificate-faults.ts';
import type { TrustFolder } from './trust-folder.ts';

type Allowance = Schemas['TrustAllowance'];
export type MachineCertificate = Schemas['MachineCertificate'];

const MOST_HOSTS_OF_REJECTED = 10;
const LIST_STATUS = { trusted: 'trusted', rejected: 'rejected', issuers: 'issuer' } as const;

/** All certificates of machines and authorities in a PKI folder, with what was decided and why they were refused. */
export async function listCertificates(trust: TrustFolder): Promise<MachineCertificate[]> {
  const [decisions, refusals] = await Promise.all([trust.decisions(), trust.refusals()]);
  const found = new Map<string, MachineCertificate>();
  for (const list of ['trusted', 'rejected', 'issuers'] as const) {
    for (const certificate of await trust.certificates(list)) {
      const facts = factsOf(certificate);
      const { sha256 } = facts;
      // Somebody may have copied where others move; what is trusted is trusted.
      if (found.has(sha256)) continue;
      const decision = decisions.get(sha256);
      found.set(sha256, {
        ...facts,
        // What nobody trusts must not make reports long.
        hosts: facts.hosts.slice(0, list === 'rejected' ? MOST_HOSTS_OF_REJECTED : undefined),
        status: LIST_STATUS[list],
        allowed: decision?.action === 'approve' ? [...decision.allow] : [],
        refusals: refusals.get(sha256) ?? [],
      });
    }
  }
  return [...found.values()];
}

/**
 * Finds a certificate by the beginning of its fingerprint.
 * @param fingerprint sha256, at least 8 hex digits, with or without colons.
 * @throws CodedError `E_INVALID_INPUT`, `E_NOT_FOUND`, or `E_INVALID_INPUT` where several begin so.
 */
export async function findCertificate(trust: TrustFolder, fingerprint: string): Promise<X509Certificate> {
  const beginning = fingerprint.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{8,64}$/.test(beginning)) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `${fingerprint} is no fingerprint: 8 to 64 hex digits of the sha256`,
    );
  }
  const found = new Map<string, X509Certificate>();
  for (const list of ['trusted', 'rejected', 'issuers'] as const) {
    for (const certificate of await trust.certificates(list)) {
      const sha256 = fingerprintOf(certificate);
      if (sha256.startsWith(beginning)) found.set(sha256, certificate);
    }
  }
  const [certificate, ...others] = found.values();
  if (certificate === undefined) {
    throw new CodedError(
      'E_NOT_FOUND',
      `no certificate in ${trust.folder} has the fingerprint ${fingerprint}`,
    );
  }
  if (others.length > 0) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `${found.size} certificates begin with ${fingerprint}: give more of it`,
    );
  }
  return certificate;
}

/**
 * Trusts a certificate; running connectors see it at their next attempt.
 * @param allow what is overlooked in this one certificate.
 * @throws CodedError `E_INVALID_INPUT` for an allowance that makes no sense for it.
 */
export async function approveCertificate(
  trust: TrustFolder,
  certificate: X509Certificate,
  {
    allow,
    by,
    nowMs,
  }: { readonly allow: readonly Allowance[]; readonly by: Decision['by']; readonly nowMs: number },
): Promise<void> {
  const sha256 = fingerprintOf(certificate);
  const refusals = (await trust.refusals()).get(sha256) ?? [];
  const earlier = (await trust.decisions()).get(sha256);
  const refusedFor = refusals
    .filter(({ codes }) => codes.includes('E_OPCUA_HOSTNAME'))
    .map(({ endpoint }) => hostOf(endpoint));
  const hosts = allow.includes('hostname') ? [...new Set([...(earlier?.hosts ?? []), ...refusedFor])] : [];
  if (allow.includes('hostname') && hosts.length === 0) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `${sha256} was refused for no host name yet; let the machine connect first, so that it is known which to allow`,
    );
  }
  if (allow.includes('no-revocation-list') && !certificate.ca) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `${sha256} is no authority, so it has no revocation list to do without`,
    );
  }
  // The log says what is done and safe on disk, not what was about to be.
  await trust.move(certificate, 'trusted');
  await trust.note(certificate, { action: 'approve', allow, hosts, at: new Date(nowMs).toISOString(), by });
}

/** Trusts a certificate no more, even if an authority that is trusted signed it. Open connections last until they end. */
export async function rejectCertificate(
  trust: TrustFolder,
  certificate: X509Certificate,
  { by, nowMs }: { readonly by: Decision['by']; readonly nowMs: number },
): Promise<void> {
  const at = new Date(nowMs).toISOString();
  await trust.move(certificate, 'rejected');
  await trust.note(certificate, { action: 'reject', allow: [], hosts: [], at, by });
}

/** Host of an OPC UA endpoint, as certificates name it. */
export function hostOf(endpointUrl: string): string {
  return new URL(endpointUrl).hostname;
}

/** Address of an endpoint without what may be secret in a URL. */
export function addressOf(endpointUrl: string): string {
  const { hostname, port } = new URL(endpointUrl);
  return `opc.tcp://${hostname}:${port || '4840'}`;
}
