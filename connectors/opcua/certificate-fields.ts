import type { X509Certificate } from 'node:crypto';
import { children, elements, objectIdentifier, onlyElement, TAG } from './der.ts';
import { type SignatureAlgorithm, signatureAlgorithm } from './signature-algorithm.ts';

/** What Node's own class does not tell of a certificate. */
export interface CertificateFields {
  readonly signature: SignatureAlgorithm;
  /** Most authorities that may stand between this one and a machine's certificate; undefined without a limit. */
  readonly pathLength: number | undefined;
}

const EXTENSIONS = TAG.context + 3;
const BASIC_CONSTRAINTS = '2.5.29.19';

/** Reads those parts of a certificate (RFC 5280, 4.1); undefined for one that is encoded in no way known. */
export function certificateFields({ raw }: X509Certificate): CertificateFields | undefined {
  try {
    const [signed, algorithm] = children(onlyElement(raw, TAG.sequence));
    return { signature: signatureAlgorithm(algorithm), pathLength: pathLengthOf(children(signed)) };
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function pathLengthOf(parts: ReturnType<typeof children>): number | undefined {
  const extensions = parts.find(({ tag }) => tag === EXTENSIONS);
  if (extensions === undefined) return undefined;
  for (const extension of children(onlyElement(extensions.content, TAG.sequence))) {
    const [identifier, ...values] = children(extension);
    if (objectIdentifier(identifier) !== BASIC_CONSTRAINTS) continue;
    const content = values.find(({ tag }) => tag === TAG.octetString)?.content ?? Buffer.alloc(0);
    const [constraints] = elements(content);
    const limit = children(constraints).find(({ tag }) => tag === TAG.integer);
    // No chain that is looked at is as long as what more than one byte says.
    return limit === undefined || limit.content.length > 1 ? undefined : limit.content.readInt8(0);
  }
  return undefined;
}
