import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';

interface DerCertificateOptions {
  readonly name: string;
  /** Who signs it; itself if absent. */
  readonly issuer?: DerCertificate;
  readonly keyBits?: number;
  /** @defaultValue sha256 */
  readonly hash?: keyof typeof SIGNATURES;
  /** An authority, with at most so many authorities below it; `Infinity` for no limit. */
  readonly pathLength?: number;
  /** Object identifiers. */
  readonly usages?: readonly (keyof typeof USAGES)[];
  readonly applicationUri?: string;
  /** @defaultValue press */
  readonly hosts?: readonly string[];
}

/** A certificate with its key. */
export interface DerCertificate {
  readonly name: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

const SIGNATURES = { sha256: '2a864886f70d01010b', sha1: '2a864886f70d010105', md5: '2a864886f70d010104' };
const USAGES = { server: '2b06010505070301', client: '2b06010505070302', any: '551d2500' };
const DAY_MS = 86_400_000;

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}
const keys = new Map<number, KeyPair>();

/** Makes a certificate with the faults that libraries no longer make: weak keys, old hashes, limits and uses. */
export function derCertificate(options: DerCertificateOptions): DerCertificate {
  const { name, issuer, keyBits = 2048, hash = 'sha256' } = options;
  const { publicKey, privateKey } = keyOf(keyBits);
  const algorithm = value(0x30, oid(SIGNATURES[hash]), value(0x05));
  const signed = value(
    0x30,
    value(0xa0, value(0x02, Buffer.from([2]))),
    value(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer?.name ?? name),
    value(0x30, time(Date.now() - DAY_MS), time(Date.now() + 30 * DAY_MS)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    value(0xa3, value(0x30, ...extensionsOf(options))),
  );
  const signature = sign(hash, signed, issuer?.key ?? privateKey);
  const der = value(0x30, signed, algorithm, value(0x03, Buffer.from([0]), signature));
  return { name, certificate: new X509Certificate(der), key: privateKey };
}

/** One for all certificates of a length: names tell them apart, and a key takes long to make. */
function keyOf(bits: number): KeyPair {
  const key = keys.get(bits) ?? generateKeyPairSync('rsa', { modulusLength: bits });
  keys.set(bits, key);
  return key;
}

function extensionsOf({
  pathLength,
  usages,
  applicationUri,
  hosts = ['press'],
}: DerCertificateOptions): Buffer[] {
  const isAuthority = pathLength !== undefined;
  const limit =
    pathLength === undefined || pathLength === Number.POSITIVE_INFINITY
      ? []
      : [value(0x02, Buffer.from([pathLength]))];
  const constraints = isAuthority ? value(0x30, value(0x01, Buffer.from([0xff])), ...limit) : value(0x30);
  const names = [
    ...(applicationUri === undefined ? [] : [value(0x86, Buffer.from(applicationUri))]),
    ...hosts.map((host) => value(0x82, Buffer.from(host))),
  ];
  return [
    extension('551d13', constraints),
    extension('551d11', value(0x30, ...names)),
    ...(usages === undefined
      ? []
      : [extension('551d25', value(0x30, ...usages.map((usage) => oid(USAGES[usage]))))]),
  ];
}

function extension(identifier: string, content: Buffer): Buffer {
  return value(0x30, oid(identifier), value(0x04, content));
}

function nameOf(commonName: string): Buffer {
  return value(0x30, value(0x31, value(0x30, oid('550403'), value(0x0c, Buffer.from(commonName)))));
}

function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return value(0x17, Buffer.from(`${digits}Z`));
}

function oid(hexadecimal: string): Buffer {
  return value(0x06, Buffer.from(hexadecimal, 'hex'));
}

function value(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
