import { type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { CodedError } from '../../runtime/errors.ts';
import { children, type Element, objectIdentifier, onlyElement, TAG } from './der.ts';
import { signatureAlgorithm } from './signature-algorithm.ts';

const EXTENSIONS = TAG.context;
const RSASSA_PSS = '1.2.840.113549.1.1.10';

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
      const [signed, algorithm, signature] = children(onlyElement(der, TAG.sequence));
      if (signed?.tag !== TAG.sequence || algorithm === undefined || signature?.tag !== TAG.bitString)
        throw malformed();
      const { identifier, hash } = signatureAlgorithm(algorithm);
      // With RSASSA-PSS or a key that implies the hash it would have to be verified in another way.
      if (hash === undefined || identifier === RSASSA_PSS)
        throw malformed(`is signed by the algorithm ${identifier}`);
      this.der = der;
      this.#signed = signed.whole;
      this.#hash = hash;
      // The bits of a signature fill its bytes.
      if (signature.content[0] !== 0) throw malformed();
      this.#signature = signature.content.subarray(1);
      const parts = children(signed);
      if (parts[0]?.tag === TAG.integer) parts.shift();
      // The algorithm beside the signature is not signed, so it counts only if the signed one is the same (5.1.1.2).
      if (!parts[0]?.whole.equals(algorithm.whole)) throw malformed('names two algorithms');
      // Then signature algorithm, issuer, thisUpdate, optional nextUpdate, optional entries, optional extensions.
      const [, , , ...rest] = parts;
      const next = rest[0];
      const hasNext = next !== undefined && (next.tag === TAG.utcTime || next.tag === TAG.generalizedTime);
      this.nextUpdateMs = hasNext ? timeOf(next) : undefined;
      const entries = rest.find(({ tag }) => tag === TAG.sequence);
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
  for (const extension of children(onlyElement(extensions.content, TAG.sequence))) {
    const [identifier, critical] = children(extension);
    if (critical?.tag === TAG.boolean && critical.content[0] !== 0) {
      throw malformed(`has the critical extension ${objectIdentifier(identifier)}`);
    }
  }
}

function serialNumber(entry: Element): string {
  const [number] = children(entry);
  if (number?.tag !== TAG.integer) throw malformed();
  return withoutZeros(number.content.toString('hex').toUpperCase());
}

function withoutZeros(hexadecimal: string): string {
  return hexadecimal.replace(/^0+(?=.)/, '');
}

function timeOf({ tag, content }: Element): number {
  const text = content.toString('latin1');
  const year =
    tag === TAG.utcTime
      ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text.slice(0, 2)}`
      : text.slice(0, 4);
  const [month, day, hour, minute, second] = text.slice(tag === TAG.utcTime ? 2 : 4).match(/\d\d/g) ?? [];
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second ?? '00'}Z`);
  if (Number.isNaN(timeMs)) throw malformed();
  return timeMs;
}

function malformed(why = 'is malformed'): CodedError {
  return new CodedError('E_INVALID_INPUT', `the revocation list ${why}`);
}
