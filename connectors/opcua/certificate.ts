import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { CodedError } from '../../runtime/errors.ts';

/** What a person compares and decides by. */
export interface CertificateFacts {
  /** Of the DER, 64 hex digits. */
  readonly sha256: string;
  readonly subject: string;
  readonly issuer: string;
  readonly applicationUri?: string;
  /** Host names and IP addresses that it names. */
  readonly hosts: readonly string[];
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  /** Whether it may sign others. */
  readonly authority: boolean;
}

/** Longest text that a server's certificate may put into a report. */
const LONGEST_TEXT = 1000;
const MOST_HOSTS = 100;
/** Node quotes names with odd characters as JSON does, so that none passes for two. */
const NAME_IN_LIST = /(?:^|, )([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;

/**
 * Reads what a file or a server gives as certificates: PEM, or DER, one after the other; the first is the server's own.
 * One with dates that no clock has, or a key of no known kind, is none: nothing that is decided or shown of it would be true.
 * @throws CodedError `E_INVALID_INPUT`
 */
export function readCertificates(bytes: Buffer): X509Certificate[] {
  try {
    const blocks = pemBlocks(bytes, 'CERTIFICATE');
    const ders = blocks.length > 0 ? blocks : splitDer(bytes);
    const certificates = ders.map((der) => new X509Certificate(der));
    for (const certificate of certificates) requireReadable(certificate);
    if (certificates.length > 0) return certificates;
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', 'there is no X.509 certificate in it', { cause });
  }
  throw new CodedError('E_INVALID_INPUT', 'there is no X.509 certificate in it');
}

/** Throws for a date that cannot be read, and for a key of a kind that is not known. */
function requireReadable(certificate: X509Certificate): void {
  factsOf(certificate);
  certificate.publicKey.export({ type: 'spki', format: 'der' });
}

/** Contents of the PEM blocks with a label, such as `CERTIFICATE` or `X509 CRL`. */
export function pemBlocks(bytes: Buffer, label: string): Buffer[] {
  const text = bytes.toString('latin1');
  const pattern = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, 'g');
  return [...text.matchAll(pattern)].map(([, body = '']) => Buffer.from(body, 'base64'));
}

/** sha256 of the DER, 64 hex digits: what every list and command names a certificate by. */
export function fingerprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}

/** @throws RangeError for dates that no clock has; `readCertificates` gives no such certificate. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  const { uris, hosts } = alternativeNames(certificate);
  const [applicationUri] = uris;
  return {
    sha256: fingerprintOf(certificate),
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    ...(applicationUri === undefined ? {} : { applicationUri: applicationUri.slice(0, LONGEST_TEXT) }),
    hosts: hosts.slice(0, MOST_HOSTS).map((host) => host.slice(0, 260)),
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
    authority: certificate.ca,
  };
}

/** A distinguished name on one line. */
function nameText(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ').slice(0, LONGEST_TEXT);
}

/** The subject alternative names that OPC UA uses (Part 6, 6.2.2). */
export function alternativeNames(certificate: X509Certificate): { uris: string[]; hosts: string[] } {
  const uris: string[] = [];
  const hosts: string[] = [];
  const names = (certificate.subjectAltName ?? '').matchAll(NAME_IN_LIST);
  for (const [, kind, quoted = ''] of names) {
    const value = quoted.startsWith('"') ? unquoted(quoted) : quoted;
    if (kind === 'URI') uris.push(value);
    else if (kind === 'DNS' || kind === 'IP Address') hosts.push(value);
  }
  return { uris, hosts };
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

/**
 * Whether a certificate names a host. On the loopback interface nobody stands in between, and a server there knows
 * itself by several names: one of them is enough.
 * @param localName the name of this machine.
 */
export function namesHost(certificate: X509Certificate, host: string, localName: string): boolean {
  const names = isLoopback(host) ? [host, 'localhost', '127.0.0.1', '::1', localName] : [host];
  return names.some((name) => {
    const bare = name.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
    if (isIP(bare) !== 0) return certificate.checkIP(bare) !== undefined;
    return certificate.checkHost(bare, { subject: 'never', partialWildcards: false }) !== undefined;
  });
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)\.?$/i.test(host);
}

/** Splits DER values that stand one after the other, as a server sends its chain (OPC UA Part 6, 6.2.6). */
function splitDer(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const short = bytes.readUInt8(at + 1);
    const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
    const length = lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, lengthBytes);
    const end = at + 2 + lengthBytes + length;
    if (bytes[at] !== 0x30 || end > bytes.length) throw new RangeError('no DER sequence');
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return parts;
}
