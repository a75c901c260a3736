import { type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { CodedError } from '../../runtime/errors.ts';

/** Signature algorithms of RFC 8017 and RFC 5758, by object identifier; SHA-1 is broken and not among them. */
const HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const EXTENSIONS = 0xa0;
const BOOLEAN = 0x01;

/** One DER value (X.690): its tag, its content, and all of it with the tag. */
interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

/** A list of certificates that their authority has withdrawn (RFC 5280, section 5). */
export class RevocationList {
  readonly #signed: Buffer;
  readonly #hash: string;
  readonly #signature: Buffer;
  readonly #serialNumbers: ReadonlySet<string>;
  /** Until when the authority promises nothing newer, in milliseconds since 1970; undefined if it does not say. */
  readonly nextUpdateMs: number | undefined;
  readonly der: Buffer;

  /** @throws CodedError `E_INVALID_INPUT` for what is no list, or one with parts that we cannot honour. */
  constructor(der: Buffer) {
    try {
      const [signed, algorithm, signature] = children(one(der, SEQUENCE));
      if (signed?.tag !== SEQUENCE || algorithm === undefined || signature?.tag !== BIT_STRING)
        throw malformed();
      const identifier = objectIdentifier(children(algorithm)[0]);
      const hash = HASHES[identifier];
      if (hash === undefined) throw malformed(`is signed by the algorithm ${identifier}`);
      this.der = der;
      this.#signed = signed.whole;
      this.#hash = hash;
      // The bits of a signature fill its bytes.
      if (signature.content[0] !== 0) throw malformed();
      this.#signature = signature.content.subarray(1);
      const parts = children(signed);
      if (parts[0]?.tag === INTEGER) parts.shift();
      // The algorithm beside the signature is not signed, so it counts only if the signed one is the same (5.1.1.2).
      if (!parts[0]?.whole.equals(algorithm.whole)) throw malformed('names two algorithms');
      // Then signature algorithm, issuer, thisUpdate, optional nextUpdate, optional entries, optional extensions.
      const [, , , ...rest] = parts;
      const next = rest[0];
      const hasNext = next !== undefined && (next.tag === UTC_TIME || next.tag === GENERALIZED_TIME);
      this.nextUpdateMs = hasNext ? timeOf(next) : undefined;
      const entries = rest.find(({ tag }) => tag === SEQUENCE);
      this.#serialNumbers = new Set(entries === undefined ? [] : children(entries).map(serialNumber));
      refuseCriticalExtensions(rest.find(({ tag }) => tag === EXTENSIONS));
    } catch (thrown) {
      if (thrown instanceof CodedError) throw thrown;
      throw malformed();
    }
  }

  /** Whether the authority with this key signed it. */
  isOf(publicKey: KeyObject): boolean {
    try {
      return verify(this.#hash, this.#signed, publicKey, this.#signature);
    } catch {
      // A key of another kind than the signature.
      return false;
    }
  }

  /** Whether it withdraws a certificate of its authority. */
  revokes(certificate: X509Certificate): boolean {
    return this.#serialNumbers.has(withoutZeros(certificate.serialNumber));
  }
}

/** A delta list or one with a scope says so in a critical extension: taken for a whole one it would hide revocations. */
function refuseCriticalExtensions(extensions: Element | undefined): void {
  if (extensions === undefined) return;
  for (const extension of children(one(extensions.content, SEQUENCE))) {
    const [identifier, critical] = children(extension);
    if (critical?.tag === BOOLEAN && critical.content[0] !== 0) {
      throw malformed(`has the critical extension ${objectIdentifier(identifier)}`);
    }
  }
}

function serialNumber(entry: Element): string {
  const [number] = children(entry);
  if (number?.tag !== INTEGER) throw malformed();
  return withoutZeros(number.content.toString('hex').toUpperCase());
}

function withoutZeros(hexadecimal: string): string {
  return hexadecimal.replace(/^0+(?=.)/, '');
}

function timeOf({ tag, content }: Element): number {
  const text = content.toString('latin1');
  const year =
    tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text.slice(0, 2)}` : text.slice(0, 4);
  const [month, day, hour, minute, second] = text.slice(tag === UTC_TIME ? 2 : 4).match(/\d\d/g) ?? [];
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second ?? '00'}Z`);
  if (Number.isNaN(timeMs)) throw malformed();
  return timeMs;
}

function objectIdentifier(element: Element | undefined): string {
  if (element?.tag !== OBJECT_IDENTIFIER) throw malformed();
  const numbers: number[] = [];
  let value = 0;
  for (const byte of element.content) {
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    numbers.push(value);
    value = 0;
  }
  const [first = 0, ...others] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...others].join('.');
}

function one(bytes: Buffer, tag: number): Element {
  const [element, ...others] = elements(bytes);
  if (element?.tag !== tag || others.length > 0) throw malformed();
  return element;
}

function children(element: Element): Element[] {
  return elements(element.content);
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
    if (lengthBytes > 4 || (short >= 0x80 && lengthBytes === 0)) throw malformed();
    const length = lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    const end = start + length;
    if (end > bytes.length) throw malformed();
    found.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return found;
}

function malformed(why = 'is malformed'): CodedError {
  return new CodedError('E_INVALID_INPUT', `the revocation list ${why}`);
}
