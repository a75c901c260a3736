import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { Schemas } from '../../../openapi/schemas.ts';
import { signedJoinText } from '../../../openapi/signed-join-text.ts';
import { CodedError } from '../../../runtime/errors.ts';

/** How far the two clocks may be apart, and how long a proof that somebody overheard is worth anything. */
const VALID_MS = 5 * 60_000;

/**
 * Checks that a join was signed with the key of the certificate it shows, for this aggregator, just now.
 * @param host the request's `Host`, which the host guard has found to be ours.
 * @returns sha256 of the certificate (of its DER), 64 hex digits; whether anybody vouches for it is another question.
 * @throws CodedError `E_TOKEN_REFUSED`
 */
export function checkJoinProof(
  { pool, participants }: Schemas['JoinRequest'],
  proof: Schemas['JoinProof'],
  host: string,
  nowMs: number,
): string {
  const { audience, signedAt } = proof;
  // What was signed for another aggregator must not open this one.
  if (audience !== new URL(`http://${host}`).host)
    throw refused(`it was signed for ${audience}, not for ${host}`);
  if (!(Math.abs(nowMs - Date.parse(signedAt)) <= VALID_MS)) {
    throw refused(`it was signed at ${signedAt}, which is not now; check the clocks`);
  }
  const certificate = parsed(proof.certificate);
  if (nowMs < Date.parse(certificate.validFrom) || nowMs > Date.parse(certificate.validTo)) {
    throw refused(`the certificate is valid from ${certificate.validFrom} to ${certificate.validTo}`);
  }
  const { publicKey } = certificate;
  const hash = publicKey.asymmetricKeyType?.startsWith('ed') ? null : 'sha256';
  const text = signedJoinText({ pool, participants, audience, signedAt });
  if (!verified(hash, text, publicKey, Buffer.from(proof.signature, 'base64'))) {
    throw refused("the signature is not that of the certificate's key");
  }
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

function verified(hash: string | null, text: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(hash, text, key, signature);
  } catch {
    // A key that cannot sign has signed nothing.
    return false;
  }
}

function parsed(base64: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch (cause) {
    throw new CodedError('E_TOKEN_REFUSED', 'the proof of the join shows no X.509 certificate', { cause });
  }
}

function refused(why: string): CodedError {
  return new CodedError('E_TOKEN_REFUSED', `the proof of the join is refused: ${why}`);
}
