import type { X509Certificate } from 'node:crypto';
import type { Schemas } from '../../openapi/schemas.ts';
import type { ErrorCode } from '../../runtime/errors.ts';
import { alternativeNames, fingerprintOf, namesHost } from './certificate.ts';
import { certificateFields } from './certificate-fields.ts';
import type { RevocationList } from './revocation-list.ts';

/** What a person decided about one certificate. */
export interface Decision {
  readonly action: 'approve' | 'reject';
  readonly allow: readonly Schemas['TrustAllowance'][];
  /** Hosts for which a certificate is good that does not name them; with `hostname` in `allow`. */
  readonly hosts: readonly string[];
  readonly at: string;
  readonly by: 'local' | 'api';
}

/** What is trusted at a moment, and by whose decision. */
export interface TrustLists {
  readonly trusted: readonly X509Certificate[];
  /** Authorities that complete chains without being trusted. */
  readonly issuers: readonly X509Certificate[];
  readonly revocationLists: readonly RevocationList[];
  /** By fingerprint. */
  readonly decisions: ReadonlyMap<string, Decision>;
}

interface Examination {
  /** The server's own certificate first. */
  readonly chain: readonly X509Certificate[];
  readonly lists: TrustLists;
  /** Of the configured endpoint. */
  readonly host: string;
  /** Who the server says it is in the description of its endpoint; undefined where it does not say. */
  readonly applicationUri: string | undefined;
  /** Name of this machine. */
  readonly localName: string;
  readonly nowMs: number;
}

/** Something that is wrong with a certificate. */
export interface CertificateFault {
  readonly code: ErrorCode;
  /** Completes "the certificate of ...". */
  readonly text: string;
  /** A person said no: no rule says yes. */
  readonly rejected?: true;
}

const SMALLEST_RSA_BITS = 2048;
const LONGEST_CHAIN = 5;
/** What a server says of itself goes into a message, shortened. */
const LONGEST_TEXT = 500;
/** Extended key usages that let a certificate be a server's (RFC 5280, 4.2.1.12): server authentication, or any. */
const SERVER_USAGES = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

/**
 * Everything that is wrong with the certificate of a server, gravest first; nothing if it may be spoken to (OPC UA
 * Part 4, 6.1.3). A certificate that a person trusted itself needs no complete chain, but is no good once its authority
 * revoked it; one that is trusted for its authority needs a list of that authority that says it is not.
 */
export function certificateFaults(examination: Examination): CertificateFault[] {
  const { chain, lists } = examination;
  const [certificate] = chain;
  if (certificate === undefined) return [{ code: 'E_OPCUA_SECURITY', text: 'is missing' }];
  const isListed = includes(lists.trusted, certificate);
  const path = pathOf(certificate, examination);
  const anchor = path.find((issuer) => includes(lists.trusted, issuer));
  const isRejected = lists.decisions.get(fingerprintOf(certificate))?.action === 'reject' && !isListed;
  const isTrusted = isListed || (anchor !== undefined && !isRejected);
  const trustedForAnchor = isTrusted && !isListed;
  const faults: (CertificateFault | undefined)[] = [
    weakKey(certificate, ''),
    weakSignature(certificate, ''),
    usageFault(certificate),
    applicationFault(certificate, examination),
    ...(trustedForAnchor ? chainFaults(path) : []),
    ...revocationFaults([certificate, ...path], trustedForAnchor, examination),
    dateFault(certificate, examination),
    ...(trustedForAnchor ? path.map((issuer) => dateFault(issuer, examination)) : []),
    hostFault(certificate, examination),
    isTrusted ? undefined : untrusted(isRejected),
  ];
  return faults.filter((fault) => fault !== undefined);
}

function untrusted(isRejected: boolean): CertificateFault {
  if (isRejected) return { code: 'E_OPCUA_UNTRUSTED', text: 'was rejected', rejected: true };
  return { code: 'E_OPCUA_UNTRUSTED', text: 'is not trusted' };
}

/** The authorities above a certificate, each with a sound signature below it, up to the first that is trusted. */
function pathOf(certificate: X509Certificate, { chain, lists }: Examination): X509Certificate[] {
  const path: X509Certificate[] = [];
  const known = [...lists.trusted, ...lists.issuers, ...chain.slice(1)];
  let below = certificate;
  while (path.length < LONGEST_CHAIN) {
    const issuer = known.find((candidate) => isIssuedBy(below, candidate));
    if (issuer === undefined || fingerprintOf(issuer) === fingerprintOf(below)) break;
    path.push(issuer);
    if (includes(lists.trusted, issuer)) break;
    below = issuer;
  }
  return path;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** @param path the certificate and the authorities above it. */
function revocationFaults(
  path: readonly X509Certificate[],
  needsList: boolean,
  { lists, nowMs }: Examination,
): CertificateFault[] {
  const faults: CertificateFault[] = [];
  for (const [level, issuer] of path.slice(1).entries()) {
    const below = path[level]!; // As many as issuers.
    const what = level === 0 ? '' : `is signed by ${nameOf(below)}, which `;
    const ofIssuer = lists.revocationLists.filter((list) => list.isOf(issuer.publicKey));
    if (ofIssuer.some((list) => list.revokes(below))) {
      faults.push({ code: 'E_OPCUA_SECURITY', text: `${what}was revoked by ${nameOf(issuer)}` });
      continue;
    }
    const isCurrent = ofIssuer.some(({ nextUpdateMs }) => nextUpdateMs === undefined || nextUpdateMs > nowMs);
    const isAllowed = allowed(lists, issuer)?.allow.includes('no-revocation-list') === true;
    if (!needsList || isCurrent || isAllowed) continue;
    const lack = ofIssuer.length === 0 ? 'there is no revocation list' : 'the revocation list is out of date';
    faults.push({
      code: 'E_OPCUA_SECURITY',
      text:
        `${what}may have been revoked: of ${nameOf(issuer)} ${lack}; give the newest one to fedshell trust approve, or ` +
        `approve ${fingerprintOf(issuer).slice(0, 16)} with --allow no-revocation-list`,
    });
  }
  return faults;
}

function dateFault(
  certificate: X509Certificate,
  { chain, lists, nowMs }: Examination,
): CertificateFault | undefined {
  const isOwn = certificate === chain[0];
  if (allowed(lists, certificate)?.allow.includes('expired') === true) return undefined;
  const what = isOwn ? '' : `is signed by ${nameOf(certificate)}, which `;
  const fromMs = Date.parse(certificate.validFrom);
  const toMs = Date.parse(certificate.validTo);
  if (nowMs > toMs) return { code: 'E_OPCUA_EXPIRED', text: `${what}expired on ${certificate.validTo}` };
  if (nowMs >= fromMs) return undefined;
  return { code: 'E_OPCUA_EXPIRED', text: `${what}is not valid before ${certificate.validFrom}` };
}

function hostFault(certificate: X509Certificate, examination: Examination): CertificateFault | undefined {
  const { host, localName, lists } = examination;
  if (namesHost(certificate, host, localName)) return undefined;
  const decision = allowed(lists, certificate);
  if (decision?.allow.includes('hostname') === true && decision.hosts.includes(host)) return undefined;
  const names = alternativeNames(certificate).hosts.slice(0, 8).join(', ');
  return { code: 'E_OPCUA_HOSTNAME', text: `names ${names || 'no host'}, not ${host}` };
}

/** The approval of a certificate, if there is one. */
function allowed({ decisions }: TrustLists, certificate: X509Certificate): Decision | undefined {
  const decision = decisions.get(fingerprintOf(certificate));
  return decision?.action === 'approve' ? decision : undefined;
}

function weakKey({ publicKey }: X509Certificate, what: string): CertificateFault | undefined {
  const bits = publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits === undefined || bits >= SMALLEST_RSA_BITS) return undefined;
  return {
    code: 'E_OPCUA_SECURITY',
    text: `${what}has a key of ${bits} bits, less than ${SMALLEST_RSA_BITS}`,
  };
}

/** What makes the authorities no good that a certificate is trusted for. @param path from the lowest to the anchor */
function chainFaults(path: readonly X509Certificate[]): (CertificateFault | undefined)[] {
  let between = 0;
  return path.flatMap((issuer, level) => {
    const what = `is signed by ${nameOf(issuer)}, which `;
    const limit = certificateFields(issuer)?.pathLength;
    const isTooLong = limit !== undefined && between > limit;
    // An authority that signs itself anew does not count (RFC 5280, 6.1.4).
    if (issuer.subject !== issuer.issuer) between += 1;
    return [
      weakKey(issuer, what),
      // Nobody relies on who signed the certificate that is trusted itself.
      level === path.length - 1 ? undefined : weakSignature(issuer, what),
      isTooLong
        ? fault(`${what}allows ${limit === 0 ? 'no authority' : `${limit} authorities`} below it`)
        : undefined,
    ];
  });
}

function weakSignature(certificate: X509Certificate, what: string): CertificateFault | undefined {
  const signature = certificateFields(certificate)?.signature;
  if (signature === undefined) return fault(`${what}is encoded in a way that cannot be checked`);
  if (signature.isSound) return undefined;
  return fault(`${what}is signed with ${signature.name}, which can be forged`);
}

function usageFault({ keyUsage }: X509Certificate): CertificateFault | undefined {
  // Node gives the extended usages there, whatever the name.
  if (keyUsage === undefined || keyUsage.some((usage) => SERVER_USAGES.includes(usage))) return undefined;
  return fault(`is made for other uses than that of a server (extended key usage ${keyUsage.join(', ')})`);
}

function applicationFault(
  certificate: X509Certificate,
  { applicationUri }: Examination,
): CertificateFault | undefined {
  const { uris } = alternativeNames(certificate);
  if (applicationUri === undefined || uris.includes(applicationUri)) return undefined;
  return fault(
    `is made for ${uris.join(', ') || 'no application'}, not for ${applicationUri}, which answers`,
  );
}

function fault(text: string): CertificateFault {
  return { code: 'E_OPCUA_SECURITY', text: text.slice(0, LONGEST_TEXT) };
}

function includes(list: readonly X509Certificate[], certificate: X509Certificate): boolean {
  return list.some((each) => each.raw.equals(certificate.raw));
}

function nameOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').reverse().join(', ');
}
