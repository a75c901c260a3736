import { children, type Element, objectIdentifier, TAG } from './der.ts';

/** Sound algorithms of RFC 8017, RFC 5758 and RFC 8410, by object identifier; `null` where the key says all. */
const SOUND: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
  '1.3.101.113': null,
};
/** RSASSA-PSS names its hash beside it. */
const PSS = '1.2.840.113549.1.1.10';
const HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
/** Broken ones that machines still show. */
const BROKEN: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.2.840.10040.4.3': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
  '1.3.14.3.2.29': 'SHA-1',
};

/** How something is signed. */
export interface SignatureAlgorithm {
  /** With dots. */
  readonly identifier: string;
  /** As people call it, such as `SHA-1`; the identifier where we have no name for it. */
  readonly name: string;
  /** Whether nobody is known to be able to forge it. */
  readonly isSound: boolean;
  /** Of the signature, as Node names it; undefined where the key implies it, or it is not sound. */
  readonly hash: string | undefined;
}

/** Reads an AlgorithmIdentifier (RFC 5280, 4.1.1.2). @throws RangeError for another value */
export function signatureAlgorithm(element: Element | undefined): SignatureAlgorithm {
  const [first, parameters] = children(element);
  const identifier = objectIdentifier(first);
  const hash = identifier === PSS ? HASHES[pssHash(parameters)] : SOUND[identifier];
  return {
    identifier,
    name: BROKEN[identifier] ?? (identifier === PSS ? (hash ?? 'SHA-1') : identifier),
    isSound: hash !== undefined,
    hash: hash ?? undefined,
  };
}

/** Identifier of the hash in the parameters of RSASSA-PSS (RFC 4055, 3.1); empty for the default, which is SHA-1. */
function pssHash(parameters: Element | undefined): string {
  const hash = children(parameters).find(({ tag }) => tag === TAG.context);
  const [algorithm] = children(hash);
  return algorithm === undefined ? '' : objectIdentifier(children(algorithm)[0]);
}
